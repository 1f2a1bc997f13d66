// The first process of a pod, and of a node: it buries the dead and waits for its own end.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGINT, syscall.SIGTERM)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			if dead, _ := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); dead <= 0 {
				break
			}
		}
	}
}
