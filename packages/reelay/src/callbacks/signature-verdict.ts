/**
 * What the signature of a callback says of its sender, and of nothing else: no verdict makes what a callback says true.
 *
 * - `trusted`: the provider sent it, not long ago.
 * - `unsigned`: nobody can tell. There is no signature, no secret to check it with, or the provider's keys cannot be had.
 * - `forged`: the signature is not the provider's, or it was made too long ago.
 */
export type SignatureVerdict = 'trusted' | 'unsigned' | 'forged'
