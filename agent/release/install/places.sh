# shellcheck shell=sh disable=SC2034 # the other parts of install.sh use these
# Where things are. Nothing of ours is anywhere else; uninstall.sh removes exactly this.
root=${root:-} # the folder of the image that is being built; empty for this machine
product=$root/opt/appliance-agent
releases=$product/releases
current=$product/current
previous=$product/previous
agentctl=$root/usr/local/bin/agentctl
images=$root/usr/share/appliance-agent
configuration=$root/etc/appliance-agent
state=$root/var/lib/appliance-agent
cache=$root/var/cache/appliance-agent
logs=$root/var/log/appliance-agent
runtime=$root/run/appliance-agent
banner=$root/etc/issue.d/appliance-agent.issue
units=$root/etc/systemd/system
compose_plugin=$root/usr/local/lib/docker/cli-plugins/docker-compose

# What the installer itself remembers, so that --uninstall knows what was ours.
installed_packages=$state/installed-packages
coturn_to_disable=$state/coturn-to-disable
installed_compose=$state/installed-compose
docker_setting=$state/docker-setting

engine_socket=/var/run/docker.sock
engine_pid=$runtime/dockerd.pid
agent_pid=$runtime/agent.pid
