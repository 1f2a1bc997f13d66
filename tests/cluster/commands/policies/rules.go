package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// cluster is what is known of it at a moment.
type cluster struct {
	node       string
	pods       []*core.Pod
	namespaces map[string]labels.Set
	policies   []*networking.NetworkPolicy
}

// peers are the other ends that a rule allows: pods, and blocks of addresses as nftables matches
// them.
type peers struct {
	everybody bool
	pods      []*core.Pod
	blocks    []string
}

// egress is what a pod may begin, as matches of nftables, and whether any policy says so.
func (seen *cluster) egress(pod *core.Pod) (lines []string, isolated bool) {
	for _, policy := range seen.of(pod, networking.PolicyTypeEgress) {
		isolated = true
		for _, rule := range policy.Spec.Egress {
			others := seen.peers(policy.Namespace, rule.To, "daddr")
			lines = append(lines, egressLines(others, rule.Ports, seen.pods)...)
		}
	}
	return ordered(lines), isolated
}

// ingress is what may be begun with a pod, and whether any policy says so.
func (seen *cluster) ingress(pod *core.Pod) (lines []string, isolated bool) {
	for _, policy := range seen.of(pod, networking.PolicyTypeIngress) {
		isolated = true
		for _, rule := range policy.Spec.Ingress {
			matches := seen.peers(policy.Namespace, rule.From, "saddr").matches("saddr")
			for _, port := range ports(rule.Ports, pod) {
				for _, match := range matches {
					lines = append(lines, strings.TrimSpace(match+" "+port))
				}
			}
		}
	}
	return ordered(lines), isolated
}

// egressLines knows that a port's name means what the pod at the other end means by it.
func egressLines(others peers, allowed []networking.NetworkPolicyPort, all []*core.Pod) []string {
	named := func(port networking.NetworkPolicyPort) bool {
		return port.Port != nil && port.Port.Type == intstr.String
	}
	numbers := slices.DeleteFunc(slices.Clone(allowed), named)
	var lines []string
	if len(allowed) == 0 || len(numbers) > 0 {
		for _, port := range ports(numbers, nil) {
			for _, match := range others.matches("daddr") {
				lines = append(lines, strings.TrimSpace(match+" "+port))
			}
		}
	}
	names := slices.DeleteFunc(slices.Clone(allowed), func(port networking.NetworkPolicyPort) bool {
		return !named(port)
	})
	if len(names) == 0 {
		return lines
	}
	ends := others.pods
	if others.everybody {
		ends = slices.DeleteFunc(slices.Clone(all), func(pod *core.Pod) bool { return !reachable(pod) })
	}
	for _, end := range ends {
		for _, port := range ports(names, end) {
			lines = append(lines, fmt.Sprintf("ip daddr %s %s", end.Status.PodIP, port))
		}
	}
	return lines
}

// of gives the policies for a pod that speak of one direction.
func (seen *cluster) of(
	pod *core.Pod, direction networking.PolicyType,
) (found []*networking.NetworkPolicy) {
	for _, policy := range seen.policies {
		if policy.Namespace == pod.Namespace &&
			slices.Contains(policy.Spec.PolicyTypes, direction) &&
			selects(&policy.Spec.PodSelector, pod.Labels) {
			found = append(found, policy)
		}
	}
	return found
}

func (seen *cluster) peers(
	namespace string, named []networking.NetworkPolicyPeer, side string,
) peers {
	found := peers{everybody: len(named) == 0}
	for _, peer := range named {
		if peer.IPBlock != nil {
			found.blocks = append(found.blocks, block(peer.IPBlock, side)...)
			continue
		}
		for _, pod := range seen.pods {
			if !reachable(pod) {
				continue
			}
			near := peer.NamespaceSelector == nil && pod.Namespace == namespace
			far := peer.NamespaceSelector != nil &&
				selects(peer.NamespaceSelector, seen.namespaces[pod.Namespace])
			if (near || far) && (peer.PodSelector == nil || selects(peer.PodSelector, pod.Labels)) {
				found.pods = append(found.pods, pod)
			}
		}
	}
	return found
}

// block has no match for addresses of the sixth version: the cluster has none.
func block(allowed *networking.IPBlock, side string) []string {
	if !fourth(allowed.CIDR) {
		return nil
	}
	match := fmt.Sprintf("ip %s %s", side, allowed.CIDR)
	for _, without := range allowed.Except {
		match += fmt.Sprintf(" ip %s != %s", side, without)
	}
	return []string{match}
}

func fourth(cidr string) bool {
	prefix, err := netip.ParsePrefix(cidr)
	return err == nil && prefix.Addr().Is4()
}

// matches has an empty one for everybody, and none for nobody.
func (allowed peers) matches(side string) []string {
	if allowed.everybody {
		return []string{""}
	}
	found := slices.Clone(allowed.blocks)
	var addresses []string
	for _, pod := range allowed.pods {
		addresses = append(addresses, pod.Status.PodIP)
	}
	if addresses = ordered(addresses); len(addresses) > 0 {
		found = append(found, fmt.Sprintf("ip %s { %s }", side, strings.Join(addresses, ", ")))
	}
	return found
}

// ports has an empty match for all, and none for a name that the pod at that end does not know.
func ports(allowed []networking.NetworkPolicyPort, end *core.Pod) []string {
	if len(allowed) == 0 {
		return []string{""}
	}
	var found []string
	for _, port := range allowed {
		protocol := core.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		match := "meta l4proto " + strings.ToLower(string(protocol))
		switch {
		case port.Port == nil:
			found = append(found, match)
		case port.Port.Type == intstr.String:
			for _, number := range numbersOf(end, port.Port.StrVal, protocol) {
				found = append(found, fmt.Sprintf("%s th dport %d", match, number))
			}
		case port.EndPort != nil:
			found = append(
				found, fmt.Sprintf("%s th dport %d-%d", match, port.Port.IntVal, *port.EndPort),
			)
		default:
			found = append(found, fmt.Sprintf("%s th dport %d", match, port.Port.IntVal))
		}
	}
	return found
}

func numbersOf(pod *core.Pod, name string, protocol core.Protocol) (found []int32) {
	containers := slices.Clone(pod.Spec.Containers)
	for _, container := range pod.Spec.InitContainers {
		// One that goes on beside the others serves as they do.
		if container.RestartPolicy != nil {
			containers = append(containers, container)
		}
	}
	for _, container := range containers {
		for _, port := range container.Ports {
			if port.Name == name && port.Protocol == protocol {
				found = append(found, port.ContainerPort)
			}
		}
	}
	return found
}

func selects(selector *meta.LabelSelector, given map[string]string) bool {
	made, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && made.Matches(labels.Set(given))
}

func ordered(lines []string) []string {
	slices.Sort(lines)
	return slices.Compact(lines)
}
