// libcurl's easy interface. curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call; these are
// the forms of them that the tests use.
#include <curl/curl.h>

static inline CURLcode gradd_curl_set_long(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gradd_curl_set_string(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gradd_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
    return curl_easy_setopt(curl, option, value);
}

typedef size_t (*gradd_curl_callback)(char *, size_t, size_t, void *);

static inline CURLcode gradd_curl_set_callback(CURL *curl, CURLoption option, gradd_curl_callback value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode gradd_curl_get_long(CURL *curl, CURLINFO info, long *value) {
    return curl_easy_getinfo(curl, info, value);
}
