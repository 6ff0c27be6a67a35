/** What the local preview renderer accepts. Plain data: importing it loads nothing native. */
export interface PreviewLimits {
  readonly secondsMin: number
  readonly secondsMax: number
  /** Width and height, in pixels, both even. */
  readonly edgeMin: number
  readonly edgeMax: number
  /** Sizes offered by name, the default first. Any even width and height between the edges is legal. */
  readonly sizes: readonly string[]
  readonly fps: number
  readonly fpsMax: number
  readonly inputImagesMax: number
  /** Longest stretch that `[slow=…]` in a prompt may ask for. */
  readonly slowMsMax: number
  readonly inputImageTypes: readonly string[]
}

export const PREVIEW_LIMITS: PreviewLimits = {
  secondsMin: 1,
  secondsMax: 60,
  edgeMin: 64,
  edgeMax: 1920,
  sizes: [
    '1280x720',
    '720x1280',
    '1920x1080',
    '1080x1920',
    '1024x1024',
    '854x480',
    '480x854',
    '640x360',
    '360x640',
    '320x180',
  ],
  fps: 24,
  fpsMax: 60,
  inputImagesMax: 8,
  slowMsMax: 600_000,
  inputImageTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
}
