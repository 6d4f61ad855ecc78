import { agentRestrained } from './agent-restrained.ts';
import { certificateNotIssued } from './certificate-not-issued.ts';
import { certificateRefused } from './certificate-refused.ts';
import { clockUnsynchronised } from './clock-unsynchronised.ts';
import { composeMissing } from './compose-missing.ts';
import { configRefused } from './config-refused.ts';
import { conntrackFull } from './conntrack-full.ts';
import { DATABASE_FAULTS } from './database.ts';
import { discoveryMissing } from './discovery-missing.ts';
import { diskLow } from './disk-low.ts';
import { dockerProxyRunning } from './docker-proxy-running.ts';
import { dockerRulesMissing } from './docker-rules-missing.ts';
import { engineUnreachable } from './engine-unreachable.ts';
import { firmwareKnownBad, firmwareOutdated } from './firmware.ts';
import { foreignDrop } from './foreign-drop.ts';
import { forwardPathBlocked } from './forward-path-blocked.ts';
import { hardwareProfileRefused } from './hardware-profile-refused.ts';
import { imageMissing } from './image-missing.ts';
import { iptablesMixed } from './iptables-mixed.ts';
import { settingDrifted, udpBuffersSmall } from './kernel-settings.ts';
import { mediaCandidatesWrong } from './media-candidates-wrong.ts';
import { mediaNeverCame } from './media-never-came.ts';
import { mediaUnreachable } from './media-unreachable.ts';
import { memoryLow } from './memory-low.ts';
import { OTHER_FIREWALLS } from './other-firewalls.ts';
import { PERIMETER_CONDITIONS } from './perimeter.ts';
import { portTaken } from './port-taken.ts';
import { relayRefusesSfu } from './relay-refuses-sfu.ts';
import { renderRefused } from './render-refused.ts';
import { roomNotMade } from './room-not-made.ts';
import { secretRefused } from './secret-refused.ts';
import { secretRotating } from './secret-rotating.ts';
import { serviceDown } from './service-down.ts';
import { serviceFlapping } from './service-flapping.ts';
import { serviceHeld } from './service-held.ts';
import { sfuNoExternalIp } from './sfu-no-external-ip.ts';
import { tableDrifted } from './table-drifted.ts';
import { tableWasChanged } from './table-was-changed.ts';
import { tokenCheckFails } from './token-check-fails.ts';
import { tooHot } from './too-hot.ts';
import { turnsPortOpen } from './turns-port-open.ts';
import type { Condition } from './types.ts';
import { underVoltage } from './under-voltage.ts';

/** Everything that can be wrong, in the order in which a person would look. */
export const CONDITIONS: readonly Condition[] = [
  agentRestrained,
  engineUnreachable,
  composeMissing,
  imageMissing,
  serviceDown,
  serviceFlapping,
  serviceHeld,
  sfuNoExternalIp,
  tokenCheckFails,
  roomNotMade,
  discoveryMissing,
  relayRefusesSfu,
  mediaUnreachable,
  mediaCandidatesWrong,
  mediaNeverCame,
  certificateNotIssued,
  tableDrifted,
  tableWasChanged,
  forwardPathBlocked,
  foreignDrop,
  portTaken,
  ...PERIMETER_CONDITIONS,
  dockerRulesMissing,
  dockerProxyRunning,
  turnsPortOpen,
  conntrackFull,
  ...OTHER_FIREWALLS,
  iptablesMixed,
  settingDrifted,
  udpBuffersSmall,
  tooHot,
  underVoltage,
  firmwareKnownBad,
  firmwareOutdated,
  hardwareProfileRefused,
  diskLow,
  memoryLow,
  clockUnsynchronised,
  configRefused,
  certificateRefused,
  renderRefused,
  secretRefused,
  secretRotating,
  ...DATABASE_FAULTS.map(({ condition }) => condition),
];
