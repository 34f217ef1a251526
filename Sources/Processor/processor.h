// What the compiler was told of the processor that the service is built for (-march).

#if defined(__AVX512F__)
#define PROCESSOR_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define PROCESSOR_VECTOR_BYTES 32
#else
#define PROCESSOR_VECTOR_BYTES 16
#endif

#if defined(__linux__)
// The C library's functions for cores by names of our own: Swift's module of the library hides what is GNU's. A thread of
// 0 is the caller; a mask has a bit for each core.
int processor_current_core(void) __asm__("sched_getcpu");
int processor_get_cores(int thread, unsigned long bytes, void *mask) __asm__("sched_getaffinity");
int processor_set_cores(int thread, unsigned long bytes, const void *mask) __asm__("sched_setaffinity");
#endif
