import { ApiError } from './api-error.ts'
import { isIgnoredKey } from './parse-json.ts'

const SEGMENTS_MAX = 8

/** A form being put together: fields by name, in the order in which each name appeared first. */
export class FormTree<T> {
  readonly #root = new Map<string, Node<T>>()

  /**
   * Adds one part. `a[b]` is a field of an object, `a[]` an item of a list, and a repeated name makes a list too.
   * @throws ApiError `invalid_form` when a name contradicts an earlier one
   */
  add(name: string, value: T): void {
    const segments = segmentsOf(name)
    if (segments.some(isIgnoredKey)) return
    const [first = name, ...rest] = segments
    this.#root.set(first, insert(this.#root.get(first), rest, value, name))
  }

  /** Plain data: strings and whatever else was added, in objects and lists. */
  toObject(): Record<string, unknown> {
    return Object.fromEntries([...this.#root].map(([key, node]) => [key, plain(node)]))
  }
}

type Node<T> =
  | { kind: 'value'; value: T }
  | { kind: 'list'; items: Node<T>[] }
  | { kind: 'object'; fields: Map<string, Node<T>> }

/** `a[b][]` as `a`, `b`, ``. A name that is not written that way is a name as it is. */
function segmentsOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name)
  if (match === null) return [name]
  const inner = [...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? '')
  if (inner.length >= SEGMENTS_MAX) throw badName(name, 'it is nested too deeply')
  return [match[1] ?? name, ...inner]
}

function insert<T>(node: Node<T> | undefined, path: readonly string[], value: T, name: string): Node<T> {
  const [segment, ...rest] = path
  if (segment === undefined) return append(node, { kind: 'value', value }, name)
  if (segment === '' || /^\d{1,3}$/.test(segment)) {
    if (node !== undefined && node.kind === 'object') throw badName(name, 'the same name has fields too')
    const items = node === undefined ? [] : node.kind === 'list' ? node.items : [node]
    // An index only says which parts belong together; the order is that of the form.
    const last = segment === '' || rest.length === 0 ? undefined : items[Number(segment)]
    if (last === undefined)
      return { kind: 'list', items: [...items, insert<T>(undefined, rest, value, name)] }
    return { kind: 'list', items: items.with(Number(segment), insert(last, rest, value, name)) }
  }
  if (node !== undefined && node.kind !== 'object')
    throw badName(name, 'the same name has a value of its own too')
  const fields = node?.fields ?? new Map<string, Node<T>>()
  fields.set(segment, insert(fields.get(segment), rest, value, name))
  return { kind: 'object', fields }
}

function append<T>(node: Node<T> | undefined, added: Node<T>, name: string): Node<T> {
  if (node === undefined) return added
  if (node.kind === 'object') throw badName(name, 'the same name has fields too')
  return { kind: 'list', items: node.kind === 'list' ? [...node.items, added] : [node, added] }
}

function plain<T>(node: Node<T>): unknown {
  switch (node.kind) {
    case 'value':
      return node.value
    case 'list':
      return node.items.map(plain)
    case 'object':
      return Object.fromEntries([...node.fields].map(([key, field]) => [key, plain(field)]))
  }
}

const badName = (name: string, why: string): ApiError =>
  new ApiError('invalid_form', `The form field "${name.slice(0, 80)}" cannot be read: ${why}.`, {
    param: name.slice(0, 80),
  })
