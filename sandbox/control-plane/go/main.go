// Command control-plane is the upstream control plane of Kubernetes in one binary: kube-apiserver,
// kube-controller-manager, kube-scheduler, etcd and kubectl. It holds no code beyond the dispatch and
// the watchdog below. The component is the base name it was started under, else its first argument.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"

	_ "time/tzdata" // CronJob time zones, as upstream's controller manager links them.

	_ "k8s.io/client-go/plugin/pkg/client/auth"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

// exitWithStdin names the variable that ties a server's life to its standard input: when the other
// end of the pipe closes, because the parent ended however it ended, the server ends too.
const exitWithStdin = "ROADSTEAD_EXIT_WITH_STDIN"

var components = map[string]func(){
	"etcd":                    func() { watchParent(); etcdmain.Main(os.Args) },
	"kube-apiserver":          func() { serve(apiserver.NewAPIServerCommand) },
	"kube-controller-manager": func() { serve(manager.NewControllerManagerCommand) },
	"kube-scheduler":          func() { serve(newSchedulerCommand) },
	"kubectl":                 runKubectl,
}

func main() {
	if run, found := components[filepath.Base(os.Args[0])]; found {
		run()
		return
	}
	if len(os.Args) > 1 {
		if run, found := components[os.Args[1]]; found {
			os.Args = os.Args[1:]
			run()
			return
		}
	}
	fmt.Fprintf(os.Stderr, "usage: %s etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl [flags]\n", os.Args[0])
	os.Exit(2)
}

// newSchedulerCommand hides the scheduler's plugin options from the table above.
func newSchedulerCommand() *cobra.Command { return scheduler.NewSchedulerCommand() }

// serve takes the constructor and not the command: a signal handler may be installed once in a
// process, and constructing kube-apiserver's command installs it.
func serve(newCommand func() *cobra.Command) {
	watchParent()
	os.Exit(cli.Run(newCommand()))
}

func runKubectl() {
	// Before the command is made, as upstream: its constructor logs already.
	if _, err := logs.GlogSetter(kubectl.GetLogVerbosity(os.Args)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	kubectlutil.CheckErr(cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()))
}

func watchParent() {
	if os.Getenv(exitWithStdin) == "" {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
}
