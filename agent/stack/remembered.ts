import { remember } from '../system/remember.ts';
import type { Stack } from './types.ts';

/** A stack that renders, and reads what it rendered, only when something that goes into it changed. */
export function remembered(stack: Stack): Stack {
  return { ...stack, render: remember(stack.render), generations: remember(stack.generations) };
}
