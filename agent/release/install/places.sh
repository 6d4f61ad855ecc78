# shellcheck shell=sh disable=SC2034 # the other parts of install.sh use these
# Where things are. Nothing of ours is anywhere else; uninstall.sh removes exactly this.
product=/opt/appliance-agent
releases=$product/releases
current=$product/current
agentctl=/usr/local/bin/agentctl
images=/usr/share/appliance-agent
configuration=/etc/appliance-agent
state=/var/lib/appliance-agent
cache=/var/cache/appliance-agent
logs=/var/log/appliance-agent
runtime=/run/appliance-agent
unit=/etc/systemd/system/appliance-agent.service
firewall_unit=/etc/systemd/system/appliance-agent-firewall.service
tune_unit=/etc/systemd/system/appliance-agent-tune.service
compose_plugin=/usr/local/lib/docker/cli-plugins/docker-compose

# What the installer itself remembers, so that --uninstall knows what was ours.
installed_packages=$state/installed-packages
coturn_to_disable=$state/coturn-to-disable
installed_compose=$state/installed-compose
docker_setting=$state/docker-setting

engine_socket=/var/run/docker.sock
engine_pid=$runtime/dockerd.pid
agent_pid=$runtime/agent.pid
