/**
 * What the installer puts in `/etc/appliance-agent/appliance.yaml`, but for `stack: embedded` in a demonstration: every
 * setting, explained, at its default, or with an example where it must be given.
 */
export const DEFAULT_CONFIG_TEXT = `# yaml-language-server: $schema=/opt/appliance-agent/current/appliance.schema.json
#
# Configuration of the appliance agent.
#
# Remove the # before a setting to change it. "Needed" ones have no default: they are shown with an example.
# Check the file with:  agentctl config validate        See what it would change:  agentctl config diff
# The agent refuses a file with a mistake in it, says where, and keeps the running stack as it is.
# docs/ is /opt/appliance-agent/current/docs.

# element-call: LiveKit, coturn, lk-jwt-service, Tuwunel and Traefik. embedded: a demonstration, coturn with
# a stand-in for LiveKit, which needs nothing below.
#stack: element-call

# all, or media: this appliance runs LiveKit and coturn alone, for the calls of another one, the primary, of
# which it is told the address in the VPN (primary: 10.8.0.1). It takes the same domains and vpn as that one,
# with a domains.turn of its own.
#role: all
#primary: none

# On the first appliance: the addresses in the VPN of those that help it, e.g. [10.8.0.12]; see "Beyond one
# machine" in docs/element-call.md.
#mediaNodes: []

domains:
  # Needed: the name by which everybody reaches calls (tokens and signalling). It leads to the public address.
  #rtc: rtc.example.org

  # Needed: the name of the homeserver, which only the VPN reaches. With certificates from files it may lead
  # to an address in the VPN.
  #matrix: matrix.example.org

  # Needed: what stands behind the colon in a user's name. It can never be changed. It leads to this machine.
  #serverName: example.org

  # The name of the relay; domains.rtc unless it has one of its own.
  #turn: rtc.example.org

# Needed: where the certificates for these names come from. A public authority (kind: acme) is asked over the
# internet, and asks back on 443/tcp; email is optional. Files: their paths, for all three names, PEM.
# {kind: files, certificate: /etc/appliance-agent/tls/certificate.pem, key: /etc/appliance-agent/tls/key.pem}
# Of an authority of your own the same with kind: private-ca, and ca: /etc/appliance-agent/tls/ca.pem
#certificates: {kind: acme}

vpn:
  # Needed: the networks from which the homeserver can be reached, IPv4 and IPv6. All others get a 403.
  #ranges: [10.8.0.0/24]

network:
  # The IPv4 addresses on which clients reach this machine: auto for all it has, or a list,
  # e.g. [203.0.113.10].
  #addresses: auto

  # The private network between the containers, /16 to /28. Change it when another network of yours
  # has the same addresses.
  #subnet: 172.30.5.0/24

  # The same for IPv6: a private network (fc00::/7) of /64, or none. With one, this machine forwards IPv6.
  #subnet6: fd4a:9c1e:7d30:5::/64

  # Addresses by which the world reaches this machine though they are not its own, because a router or a
  # cloud translates them one to one, e.g. [203.0.113.10]. With several IPv4 ones, list addresses too, in
  # the same order. An IPv6 address here, also one of this machine, is offered to calls.
  #publicAddresses: []

turn:
  # The realm that coturn names to clients: a domain name. It need not exist in DNS.
  #realm: appliance.internal

  # The UDP ports that coturn relays from, both ends included. A relayed participant needs about four;
  # a firewall in front of the machine must let all of them in.
  #relayPorts: 49152-49663

capacity:
  # How many people may be in calls at the same time; each may need four relay ports, and that is the default.
  #participants: 128

# How failing services are healed; docs/healing.md argues the defaults. Durations: 90s, 5min, 2h, 1d.
healing:
  # A service that has served may leave its probes unanswered for so long before it is restarted; one that
  # has just been started, for so long. They come from the hardware profile (agentctl profile show); here
  # they are for all services, below "services" for one:
  # silenceLimit: 15s
  # startLimit: 60s

  # How often each remedy is tried before the next: restart the container, make it anew, load its image
  # anew from its archive, make its network anew with all that is on it, restart the Docker Engine. 0 leaves
  # one out.
  #restarts: 3
  #recreations: 2
  #imageReloads: 1
  #stackRestarts: 1
  #engineRestarts: 2

  # The last remedy, when nothing serves: to restart this machine. never, or allowed, and then not again
  # within rebootEvery.
  #reboot: never
  #rebootEvery: 1d

  # The wait after the first attempt, which doubles each time, and the longest. The longest one is left
  # when every remedy was tried, or when so many attempts were made within 30 minutes.
  #firstDelay: 1s
  #slowBeat: 5min
  #budget: 30

  # A service that has served this long since the last attempt begins anew at the first remedy.
  #forgiveAfter: 10min

# What is special about one service: livekit, coturn, lk-jwt, tuwunel or traefik; docs/healing.md says more.
# E.g. for a homeserver with a large database:
#   tuwunel: {startup: 5min, liveness: 30s, livenessMisses: 5, readinessMisses: 3, interval: 20s, timeout: 5s}
# A check of yours: a command that runs in the container once a minute; with exit status 0 all is well.
#   livekit: {check: [/usr/local/bin/my-check, --quick]}
services:

firewall:
  # publish: opens the ports of the stack, and closes nothing else. enforce: closes everything on this machine
  # but the stack, management and what networks need to work; it takes effect on trial, and stays when
  # "agentctl firewall confirm" is given in time. observe: changes nothing, and says what enforce would close.
  #mode: publish

  management:
    # From where people may reach the ports below: any, or a list, e.g. [192.0.2.0/24, "2001:db8:7::/48"].
    #networks: any

    # The ports on which this machine is managed, e.g. [22, 51820/udp]. A number alone is a TCP port.
    #ports: [22]

  # The time in which enforce must be confirmed.
  #trial: 5min

# How people find this machine where it stands.
site:
  # The name of this machine: auto keeps the one that it has, and where that says nothing (localhost, debian)
  # makes one, e.g. appliance-1a2b3c.
  #hostname: auto

  # Whether NAME.local is announced to the local network, where avahi-daemon or systemd-resolved can do it.
  #mdns: true
`;
