// Kubernetes: an agent for each region as StatefulSet, reports as CronJob, the gate as Job.

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/generate/deployment.hpp"
#include "reports/generate/generate.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

constexpr std::size_t kMaxConfigMap = 900'000;  // of the mebibyte that etcd takes

constexpr const char* kKustomization = R"(# kubectl apply -k . with what lies here, by `nines generate kubernetes`.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: nines
resources: [agents.yaml, reports.yaml]
# The image that the Dockerfile builds, where your cluster finds it:
images:
  - {name: nines, newName: nines, newTag: latest}  # CHANGE
)";

constexpr const char* kPodSecurity = R"(
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault})";

constexpr const char* kContainerSecurity =
    "{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}";

// Environment from the Secret; only where the configuration names variables.
std::string environment(const config::Deployable& deployable, std::size_t indent) {
  if (deployable.variables.empty()) return {};
  const std::string blanks(indent, ' ');
  std::string out = blanks + "env:\n";
  for (const std::string& variable : deployable.variables) {
    out += fmt::format("{}  - name: {}\n{}    valueFrom: {{secretKeyRef: {{name: nines-secrets, key: {}}}}}\n", blanks,
                       yaml_string(variable), blanks, yaml_string(variable));
  }
  return out;
}

std::string head(const config::Deployable& deployable) {
  std::string out = "By `nines generate kubernetes`: an agent for each region that should report.";
  if (!deployable.variables.empty()) {
    out +=
        " Its secrets are not here;\n"
        "with one line NAME=value for each in secrets.env:\n\n"
        "  kubectl -n nines create secret generic nines-secrets --from-env-file=secrets.env";
  }
  if (!deployable.files.empty()) {
    out += "\n\nCHANGE: the configuration also reads secrets from files, which must be mounted:";
    for (const std::string& file : deployable.files) out += "\n  " + file;
  }
  return yaml_comment(out);
}

constexpr const char* kNamespace = R"(apiVersion: v1
kind: Namespace
metadata: {name: nines}
---
# Only /metrics, pages and the API come in; probes go out to wherever checks look.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nines, namespace: nines}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: nines}}
  policyTypes: [Ingress]
  ingress:
    - ports: [{port: 9999, protocol: TCP}]
)";

std::string agent(const config::Deployable& deployable, const AgentName& name) {
  const std::string labels =
      fmt::format("{{app.kubernetes.io/name: nines, app.kubernetes.io/instance: {}}}", name.name);
  std::string out = "---\n" + yaml_comment("Region " + name.region + ".");
  out += fmt::format(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {0}, namespace: nines, labels: {1}}}\ndata:\n"
      "  nines.yml: {2}\n---\n",
      name.name, labels, yaml_block(std::string(trim(container_config(deployable, name.region))), 4));
  out += fmt::format(
      "apiVersion: v1\nkind: Service\nmetadata:\n  name: {0}\n  namespace: nines\n  labels: {1}\n"
      "  annotations: {{prometheus.io/scrape: \"true\", prometheus.io/port: \"{2}\"}}\n"
      "spec:\n  selector: {1}\n  ports: [{{name: http, port: {2}, targetPort: http}}]\n---\n",
      name.name, labels, kPort);
  out += fmt::format(
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {0}, namespace: nines, labels: {1}}}\nspec:\n"
      "  serviceName: {0}\n  replicas: 1  # one agent to a store\n  selector: {{matchLabels: {1}}}\n"
      "  template:\n    metadata: {{labels: {1}}}\n    spec:\n"
      "      # A cluster that spans regions:\n"
      "      # nodeSelector: {{topology.kubernetes.io/region: {2}}}\n"
      "      automountServiceAccountToken: false\n"
      "      terminationGracePeriodSeconds: 30\n"
      "      securityContext:{3}\n"
      "      containers:\n"
      "        - name: agent\n          image: {4}\n          args: [agent, -c, /etc/nines/nines.yml]\n"
      "          ports: [{{name: http, containerPort: {5}}}]\n{6}"
      "          startupProbe: {{httpGet: {{path: /-/healthy, port: http}}, periodSeconds: 2, failureThreshold: 60}}\n"
      "          livenessProbe: {{httpGet: {{path: /-/healthy, port: http}}, periodSeconds: 15, timeoutSeconds: 5}}\n"
      "          readinessProbe: {{httpGet: {{path: /-/ready, port: http}}, periodSeconds: 5}}\n"
      "          resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 512Mi}}}}\n"
      "          securityContext: {7}\n"
      "          volumeMounts:\n"
      "            - {{name: config, mountPath: /etc/nines, readOnly: true}}\n"
      "            - {{name: data, mountPath: /data}}\n"
      "      volumes:\n        - {{name: config, configMap: {{name: {0}}}}}\n"
      "  volumeClaimTemplates:\n"
      "    - metadata: {{name: data}}\n"
      "      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}\n",
      name.name, labels, yaml_string(printable(name.region)), kPodSecurity, kImage, kPort, environment(deployable, 10),
      kContainerSecurity);
  return out;
}

// A store is read beside its agent: on the agent's node, with its volume.
std::string report(const config::Deployable& deployable, const AgentName& name) {
  return fmt::format(
      "---\n"
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {0}-report, namespace: nines}}\nspec:\n"
      "  schedule: \"0 6 1 * *\"\n  timeZone: Etc/UTC\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n"
      "      backoffLimit: 2\n      template:\n        metadata: {{labels: {{app.kubernetes.io/name: nines-report}}}}\n"
      "        spec:\n          restartPolicy: Never\n          automountServiceAccountToken: false\n"
      "          securityContext: {{runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, "
      "seccompProfile: {{type: RuntimeDefault}}}}\n"
      "          affinity:\n            podAffinity:\n              requiredDuringSchedulingIgnoredDuringExecution:\n"
      "                - topologyKey: kubernetes.io/hostname\n"
      "                  labelSelector: {{matchLabels: {{app.kubernetes.io/instance: {0}}}}}\n"
      "          containers:\n            - name: report\n              image: {1}\n              command: [/bin/sh, "
      "-ec]\n"
      "              args:\n                - |\n                  {2}\n"
      "                  exec nines report -c /etc/nines/nines.yml --month \"$month\" --exit-zero\n{3}"
      "              securityContext: {4}\n"
      "              volumeMounts:\n"
      "                - {{name: config, mountPath: /etc/nines, readOnly: true}}\n"
      "                - {{name: data, mountPath: /data}}\n"
      "          volumes:\n            - {{name: config, configMap: {{name: {0}}}}}\n"
      "            - {{name: data, persistentVolumeClaim: {{claimName: data-{0}-0}}}}\n",
      name.name, kImage, kLastMonth, environment(deployable, 14), kContainerSecurity);
}

std::string gate(const config::Deployable& deployable, const AgentName& name) {
  return fmt::format(
      "# The deployment gate as a Job: after each deployment, kubectl create -f gate-job.yaml, with the deployment's\n"
      "# name where it says CHANGE. A Job that fails says roll back (exit 1) or inconclusive (exit 3). It needs a\n"
      "# baseline: the same Job with `baseline` instead of `verify`, before the deployment.\n"
      "apiVersion: batch/v1\nkind: Job\nmetadata: {{generateName: nines-gate-, namespace: nines}}\nspec:\n"
      "  backoffLimit: 0  # a verdict is not tried again\n  activeDeadlineSeconds: 1800\n"
      "  ttlSecondsAfterFinished: 86400\n  template:\n    metadata: {{labels: {{app.kubernetes.io/name: "
      "nines-gate}}}}\n"
      "    spec:\n      restartPolicy: Never\n      automountServiceAccountToken: false\n      securityContext:{0}\n"
      "      containers:\n        - name: gate\n          image: {1}\n"
      "          args: [gate, verify, -c, /etc/nines/nines.yml, --agent, \"http://{2}:{3}\", --deployment, CHANGE]\n{4}"
      "          securityContext: {5}\n"
      "          volumeMounts: [{{name: config, mountPath: /etc/nines, readOnly: true}}]\n"
      "      volumes:\n        - {{name: config, configMap: {{name: {2}}}}}\n",
      kPodSecurity, kImage, name.name, kPort, environment(deployable, 10), kContainerSecurity);
}

}  // namespace

Expected<Files> kubernetes(const config::Config& config, const config::Deployable& deployable) {
  if (auto checked = check_deployable(deployable); !checked) return std::unexpected(checked.error());
  if (deployable.text.size() > kMaxConfigMap) {
    return fail(
        fmt::format("the configuration has {} bytes: a ConfigMap takes {}", deployable.text.size(), kMaxConfigMap));
  }
  const auto names = agent_names(config);
  std::string agents = head(deployable) + kNamespace;
  std::string reports =
      "# Last month's report of each region, on the first of a month, in the log of its pod.\n"
      "# By `nines generate kubernetes`.\n";
  for (const AgentName& name : names) {
    agents += agent(deployable, name);
    reports += report(deployable, name);
  }
  return Files{{"agents.yaml", agents},
               {"reports.yaml", reports},
               {"gate-job.yaml", gate(deployable, names.front())},
               {"kustomization.yaml", kKustomization}};
}

}  // namespace nines::reports::generate
