import type { ApplianceConfig } from '../config/schema.ts';
import { elementCallStack } from './element-call/stack.ts';
import { embeddedStack } from './embedded/stack.ts';
import type { Stack } from './types.ts';

/** The stack of a configuration. */
export function stackNamed(name: ApplianceConfig['stack']): Stack {
  return name === 'embedded' ? embeddedStack : elementCallStack;
}
