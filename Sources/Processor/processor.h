// What the compiler was told of the processor that the service is built for (-march).

#if defined(__AVX512F__)
#define PROCESSOR_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define PROCESSOR_VECTOR_BYTES 32
#else
#define PROCESSOR_VECTOR_BYTES 16
#endif
