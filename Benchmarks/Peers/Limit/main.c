// What the machine allows: two threads, each waiting on its own connections with epoll, that answer whatever arrives
// with the same bytes, as many as the service's reply to GET /health has. No parsing, no limits, no timeouts.
//
//     Limit PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { threads = 2 };

static const char reply[] =
    "HTTP/1.1 200 OK\r\n"
    "Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Length:           16\r\n"
    "Content-Type: application/json\r\n"
    "\r\n"
    "{\"status\":\"ok\"}\n";

static void *serve(void *argument) {
    int queue = (int)(intptr_t)argument;
    struct epoll_event events[512];
    char request[16384];
    for (;;) {
        int count = epoll_wait(queue, events, 512, -1);
        for (int i = 0; i < count; i++) {
            int connection = events[i].data.fd;
            if (recv(connection, request, sizeof request, 0) <= 0
                || send(connection, reply, sizeof reply - 1, 0) != sizeof reply - 1) close(connection);
        }
    }
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(count == 2 ? atoi(arguments[1]) : 0),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("Limit");
        return 1;
    }
    int queues[threads];
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        queues[i] = epoll_create1(0);
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)queues[i]);
    }
    for (unsigned next = 0;; next++) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = connection};
        epoll_ctl(queues[next % threads], EPOLL_CTL_ADD, connection, &event);
    }
}
