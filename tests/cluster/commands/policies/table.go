package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
)

// A connection that exists goes on. A new one is looked at twice: once for the pod that begins
// it, once for the pod that it is for, by which time a service's address has become a pod's.
// What is not allowed is refused, not dropped, so that nobody has to wait to see it.
const frame = `table ip chartgen-policies
delete table ip chartgen-policies
table ip chartgen-policies {
	chain forward {
		type filter hook forward priority filter; policy accept;
		ct state established,related accept
		ip saddr vmap { %s }
		ip daddr vmap { %s }
	}
%s}
`

// An address that nobody has: a map without elements is an error.
const nobody = "255.255.255.255 : continue"

// table is what nftables is told for the pods of the node.
func (seen *cluster) table() string {
	egress, ingress := []string{nobody}, []string{nobody}
	var chains strings.Builder
	for _, pod := range seen.pods {
		if pod.Spec.NodeName != seen.node || !reachable(pod) {
			continue
		}
		address := pod.Status.PodIP
		if lines, isolated := seen.egress(pod); isolated {
			egress = append(egress, fmt.Sprintf("%s : jump from-%s", address, address))
			chains.WriteString(chain("from-"+address, lines))
		}
		if lines, isolated := seen.ingress(pod); isolated {
			ingress = append(ingress, fmt.Sprintf("%s : jump to-%s", address, address))
			chains.WriteString(chain("to-"+address, lines))
		}
	}
	slices.Sort(egress)
	slices.Sort(ingress)
	return fmt.Sprintf(frame, strings.Join(egress, ", "), strings.Join(ingress, ", "), chains.String())
}

func chain(name string, lines []string) string {
	text := fmt.Sprintf("\tchain %s {\n", name)
	for _, line := range lines {
		text += strings.TrimRight(fmt.Sprintf("\t\t%s", line), " ") + " return\n"
	}
	return text + "\t\tmeta l4proto tcp reject with tcp reset\n" +
		"\t\treject with icmp type admin-prohibited\n\t}\n"
}

func write(table string) error {
	command := exec.Command("nft", "--file", "-")
	command.Stdin = strings.NewReader(table)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s\n%s", err, said, table)
	}
	return nil
}

// reachable says whether a pod has an address of its own, and is there to use it.
func reachable(pod *core.Pod) bool {
	ended := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
	return pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended
}
