/** The settings are wrong; the message lists every fault at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
