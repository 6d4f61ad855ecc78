export { type Capabilities, probeCapabilities } from './capabilities.ts';
export { createNft, type Nft, type NftOptions } from './client.ts';
export { convergence, creation, removal, replacement } from './convergence.ts';
export { differences } from './differences.ts';
export { NftError, type NftErrorCode } from './errors.ts';
export { createFakeNft, type FakeNft } from './fake.ts';
export {
  type ListedChain,
  type ListedCounter,
  type ListedMap,
  type ListedObject,
  type ListedRule,
  type ListedSet,
  type ListedTable,
  parseListing,
} from './listed.ts';
export type { ListedElement } from './listed-elements.ts';
export type * from './objects.ts';
export { NFT_PROGRAM, type ProcessResult, type RunProcess } from './process.ts';
export { hashStatements, parseRuleComment, type RuleIdentity, ruleComment } from './rule-identity.ts';
export { sameMeaning } from './same-meaning.ts';
export { checkSpec } from './specification.ts';
export * from './statements.ts';
export {
  type ElementOperand,
  isEmpty,
  type NftDocument,
  type Operation,
  type Transaction,
  toDocument,
} from './transaction.ts';
