/** The bit of the packet mark that says "a flow we published"; one rule in DOCKER-USER accepts it. */
export const FORWARD_MARK = 0x200000;
