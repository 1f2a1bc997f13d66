// Enforces the network policies of a cluster on the node that it runs on.
//
// It watches pods, namespaces and policies, and writes one table of nftables that holds what they
// amount to for the pods of this node. Nothing that a node itself exchanges with its pods is
// looked at: Kubernetes lets that pass always.
package main

import (
	"flag"
	"log"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// Changes come in crowds; a table is written once for what came together.
const together = 50 * time.Millisecond

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how the API server is reached")
	node := flag.String("node", "", "the name of this node")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	follow(informers.NewSharedInformerFactory(client, 0), *node)
}

func follow(factory informers.SharedInformerFactory, node string) {
	changed := make(chan struct{}, 1)
	tell := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { tell() },
		UpdateFunc: func(any, any) { tell() },
		DeleteFunc: func(any) { tell() },
	}
	pods := factory.Core().V1().Pods()
	namespaces := factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	for _, informer := range []cache.SharedIndexInformer{
		pods.Informer(), namespaces.Informer(), policies.Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			log.Fatal(err)
		}
	}
	forever := make(chan struct{})
	factory.Start(forever)
	factory.WaitForCacheSync(forever)
	written := ""
	for range changed {
		time.Sleep(together)
		seen := cluster{node: node, namespaces: map[string]labels.Set{}}
		seen.pods = list[*core.Pod](pods.Informer())
		seen.policies = list[*networking.NetworkPolicy](policies.Informer())
		for _, namespace := range list[*core.Namespace](namespaces.Informer()) {
			seen.namespaces[namespace.Name] = namespace.Labels
		}
		wanted := seen.table()
		if wanted == written {
			continue
		}
		if err := write(wanted); err != nil {
			log.Print(err)
			time.AfterFunc(time.Second, tell)
			continue
		}
		written = wanted
		log.Print("wrote the table")
	}
}

func list[Object any](informer cache.SharedIndexInformer) []Object {
	var found []Object
	for _, item := range informer.GetStore().List() {
		found = append(found, item.(Object))
	}
	return found
}
