#!/bin/sh
# Prints the images by digest, from lines "<name> <image>@sha256:<digest>" on its input, where the names are millrace, postgres
# and kafka. For compose, lines of an env file:
#   sh shared/deploy/pin-images.sh compose < digests >> secrets.env
# For Kubernetes, a component that the overlay's `components:` names, in the place of its `images:`:
#   sh shared/deploy/pin-images.sh kubernetes < digests > shared/deploy/kubernetes/overlays/production/images/kustomization.yaml
set -eu

form=${1:-}
case $form in
  compose) ;;
  kubernetes) printf 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n' ;;
  *) echo "Say compose or kubernetes." >&2; exit 2 ;;
esac
while read -r name image; do
  # A tag beside the digest would be passed over, and one day tell a lie.
  if ! echo "$name $image" | grep -Eq '^(millrace|postgres|kafka) [a-z0-9][a-z0-9./:_-]*@sha256:[0-9a-f]{64}$' ||
    echo "${image%@*}" | grep -Eq ':[^/]*$'; then
    echo "No image by its digest alone: $name $image" >&2
    exit 1
  fi
  case $form-$name in
    compose-millrace) ;; # Built where compose runs.
    compose-*) echo "MILLRACE_$(echo "$name" | tr '[:lower:]' '[:upper:]')_IMAGE=$image" ;;
    kubernetes-millrace) printf '  - name: millrace\n    newName: %s\n    digest: %s\n' "${image%@*}" "${image#*@}" ;;
  esac
done
