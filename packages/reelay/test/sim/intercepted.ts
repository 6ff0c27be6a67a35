/** A call of a method of a port, on its way. */
export type Call = {
  /** For instance `commit` or `webhooks.claimDeliveries`. */
  verb: string
  args: readonly unknown[]
  /** Makes it, with other arguments if need be. */
  go: (instead?: readonly unknown[]) => unknown
}

/** The same port, with every call handed to `around`, which answers in its place. Ports within it are treated alike. */
export function intercepted<T extends object>(target: T, around: (call: Call) => unknown, prefix = ''): T {
  const known = new Map<PropertyKey, unknown>()
  return new Proxy(target, {
    get: (_, name) => {
      if (known.has(name)) return known.get(name)
      const wrapped = wrap(target, name, around, prefix)
      known.set(name, wrapped)
      return wrapped
    },
  })
}

function wrap(target: object, name: PropertyKey, around: (call: Call) => unknown, prefix: string): unknown {
  const member: unknown = Reflect.get(target, name)
  const verb = `${prefix}${String(name)}`
  if (typeof member === 'function') {
    return (...args: unknown[]) =>
      around({ verb, args, go: (instead = args): unknown => Reflect.apply(member, target, [...instead]) })
  }
  return typeof member === 'object' && member !== null ? intercepted(member, around, `${verb}.`) : member
}
