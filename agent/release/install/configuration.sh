# shellcheck shell=sh
# The configuration: written once, and from then on the operator's. The release comes with that of a real appliance,
# which has to be filled in; a demonstration needs none.

write_configuration() {
  if [ -e "$configuration/appliance.yaml" ]; then
    already "kept: $configuration/appliance.yaml"
    return
  fi
  would "write $configuration/appliance.yaml" && return
  cp "$current/appliance.yaml" "$scratch/appliance.yaml"
  [ "$mode" != demo ] || sed -i 's/^#stack: .*/stack: embedded/' "$scratch/appliance.yaml"
  put_file "$scratch/appliance.yaml" "$configuration/appliance.yaml" 0644
  did "wrote $configuration/appliance.yaml"
}
