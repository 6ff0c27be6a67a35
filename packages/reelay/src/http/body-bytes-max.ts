/** Room for everything in a body that is not an input file, in bytes. */
const FIELDS_BYTES_MAX = 1024 * 1024

/**
 * How large a body without file parts may be, in bytes: one input file of `fileBytesMax` bytes as a base64 data URL, which
 * is a third longer, and the other fields.
 */
export const bodyBytesMaxOf = (fileBytesMax: number): number =>
  FIELDS_BYTES_MAX + Math.ceil(fileBytesMax / 3) * 4
