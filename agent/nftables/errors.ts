import type { NftDocument } from './transaction.ts';

export type NftErrorCode =
  | 'NFT_SPEC_INVALID'
  | 'NFT_MISSING'
  | 'NFT_NOT_PERMITTED'
  | 'NFT_NOT_RUN'
  | 'NFT_TEMPORARY_FILE'
  | 'NFT_LIST_FAILED'
  | 'NFT_LISTING_UNREADABLE'
  | 'NFT_COMMIT_FAILED'
  | 'NFT_CHECK_FAILED';

/** What went wrong with nft, with its own words and the document that it was given. */
export class NftError extends Error {
  readonly code: NftErrorCode;
  /** What to do next. */
  readonly hint: string;
  /** The document that nft was given, null when it was given none. */
  readonly transaction: NftDocument | null;
  /** What nft printed, '' when it printed nothing. */
  readonly nftOutput: string;

  constructor(fields: {
    code: NftErrorCode;
    message: string;
    hint: string;
    transaction?: NftDocument;
    nftOutput?: string;
    cause?: unknown;
  }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'NftError';
    this.code = fields.code;
    this.hint = fields.hint;
    this.transaction = fields.transaction ?? null;
    this.nftOutput = fields.nftOutput ?? '';
  }
}
