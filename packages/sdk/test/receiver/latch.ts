export type Latch = { readonly opened: Promise<void>; open(): void }

export function latch(): Latch {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
