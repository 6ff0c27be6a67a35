/** The prompt asked for a failure with `[fail]`. Rendering the same prompt again fails again. */
export class PreviewFailed extends Error {
  override readonly name = 'PreviewFailed'

  constructor() {
    super(
      'The preview failed because its prompt asked for it with [fail]. Remove [fail] from the prompt to get a video.',
    )
  }
}
