function channel(hex: string, index: number): number {
  return Number.parseInt(hex.slice(1 + index * 2, 3 + index * 2), 16)
}

/** A `#rrggbb` color as `rgba()` with the given opacity, 0..1. */
export function withAlpha(hex: string, alpha: number): string {
  return `rgba(${channel(hex, 0)}, ${channel(hex, 1)}, ${channel(hex, 2)}, ${alpha.toFixed(3)})`
}

/** The color at `share` (0..1) of the way between two `#rrggbb` colors. */
export function mix(from: string, to: string, share: number): string {
  const parts = [0, 1, 2].map((index) => {
    const value = Math.round(channel(from, index) * (1 - share) + channel(to, index) * share)
    return value.toString(16).padStart(2, '0')
  })
  return `#${parts.join('')}`
}
