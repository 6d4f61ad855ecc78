import { PROJECT } from '../stack/types.ts';
import type { ContainerObservation } from './types.ts';

/**
 * Whether a container is what Compose was cut short at while it made a service's container anew. Compose makes the new one
 * under the name ID_NAME, stops and removes the old one, and then gives the new one its name; a later run of Compose takes
 * both for the service's, and may fail on the name (2.26.1).
 */
export const isLeftover = ({ name, service }: ContainerObservation): boolean =>
  name !== `${PROJECT}-${service}-1`;
