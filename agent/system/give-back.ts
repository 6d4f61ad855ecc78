/**
 * Collects all garbage, and gives back to the machine what it took. V8 does so when it needs room, and at rest it needs
 * none for hours: what the start left would stay. Some 15 ms. `gc` is there by --expose-gc, see bin/appliance-agent.
 */
export function giveBackMemory(): void {
  globalThis.gc?.();
}
