import type { Uploads } from '../../uploads.ts'
import { linkOf, type GraphNode } from './graph.ts'
import type { InputSpec } from './nodes.ts'

/** What is wrong with a node, as ComfyUI says it. */
export interface NodeFault {
  readonly type: string
  readonly message: string
  readonly details: string
  readonly extra_info: Readonly<Record<string, unknown>>
}

/** What is wrong with which node, and the outputs that this spoils. */
export type NodeFaults = ReadonlyMap<string, { readonly faults: readonly NodeFault[]; readonly of: string[] }>

const MODEL_FILE = /\.(?:safetensors|sft|gguf|pt|pth|ckpt)$/u

interface Scene {
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly uploads: Uploads
}

function fault(type: string, message: string, details: string, name: string): NodeFault {
  return { type, message, details, extra_info: { input_name: name } }
}

function rangeFault(
  name: string,
  value: unknown,
  spec: Extract<InputSpec, { kind: 'number' }>,
): NodeFault | null {
  const number = typeof value === 'boolean' ? Number(value) : value === '' ? Number.NaN : Number(value)
  if (typeof value === 'object' || !Number.isFinite(number)) {
    const type = spec.isWhole ? 'INT' : 'FLOAT'
    const details = `${name}, ${String(value)}, could not convert to ${type}: ${JSON.stringify(value)}`
    return fault('invalid_input_type', `Failed to convert an input value to a ${type} value`, details, name)
  }
  if (number < spec.min)
    return fault('value_smaller_than_min', `Value ${number} smaller than min of ${spec.min}`, name, name)
  return number > spec.max
    ? fault('value_bigger_than_max', `Value ${number} bigger than max of ${spec.max}`, name, name)
    : null
}

function listFault(name: string, value: unknown, values: readonly string[]): NodeFault | null {
  if (typeof value === 'string' && values.includes(value)) return null
  const list = values.map((one) => `'${one}'`).join(', ')
  return fault('value_not_in_list', 'Value not in list', `${name}: '${String(value)}' not in [${list}]`, name)
}

function pictureFault(name: string, value: unknown, { uploads }: Scene): NodeFault | null {
  if (typeof value === 'string' && uploads.find(value) !== undefined) return null
  const details = `${name} - Invalid image file: ${String(value)}`
  return fault('custom_validation_failed', 'Custom validation failed for node', details, name)
}

/** A value that the graph itself gives. */
function valueFault(name: string, value: unknown, spec: InputSpec, scene: Scene): NodeFault | null {
  switch (spec.kind) {
    case 'link':
      return fault(
        'bad_linked_input',
        'Bad linked input, must be a length-2 list of [node_id, slot_index]',
        name,
        name,
      )
    case 'number':
      return rangeFault(name, value, spec)
    case 'choice':
      return listFault(name, value, spec.values)
    case 'model':
      return typeof value === 'string' && MODEL_FILE.test(value) ? null : listFault(name, value, [])
    case 'picture':
      return pictureFault(name, value, scene)
    case 'text':
    case 'boolean':
      // Everything is a text to it, and everything is true or false.
      return null
  }
}

const WIDGET_TYPES: Readonly<Record<Exclude<InputSpec['kind'], 'link' | 'number'>, string>> = {
  text: 'STRING',
  boolean: 'BOOLEAN',
  choice: 'COMBO',
  model: 'COMBO',
  picture: 'COMBO',
}

function typeOf(spec: InputSpec): string {
  if (spec.kind === 'link') return spec.type
  if (spec.kind === 'number') return spec.isWhole ? 'INT' : 'FLOAT'
  return WIDGET_TYPES[spec.kind]
}

function inputFault(name: string, value: unknown, spec: InputSpec, scene: Scene): NodeFault | null {
  if (!Array.isArray(value)) return valueFault(name, value, spec, scene)
  const link = linkOf(value)
  if (link === null) return valueFault(name, value, { kind: 'link', type: typeOf(spec) }, scene)
  const source = scene.nodes.get(link.id)
  if (source === undefined) {
    const message = 'Exception when validating inner node'
    return fault('exception_during_inner_validation', message, `'${link.id}'`, name)
  }
  const given = source.spec?.gives[link.slot]
  if (given === typeOf(spec)) return null
  const details = `${name}, received_type(${given ?? 'none'}) mismatch input_type(${typeOf(spec)})`
  return fault('return_type_mismatch', 'Return type mismatch between linked nodes', details, name)
}

function faultsOf(node: GraphNode, scene: Scene): readonly NodeFault[] {
  const { required = {}, optional = {} } = node.spec ?? {}
  const missing = Object.keys(required).filter((name) => !Object.hasOwn(node.inputs, name))
  const given = Object.entries({ ...required, ...optional }).filter(([name]) =>
    Object.hasOwn(node.inputs, name),
  )
  return [
    ...missing.map((name) => fault('required_input_missing', 'Required input is missing', name, name)),
    ...given.flatMap(([name, spec]) => inputFault(name, node.inputs[name], spec, scene) ?? []),
  ]
}

/** A node and all that it is made of. A graph that goes in a circle is walked once. */
function upstreamOf(output: GraphNode, nodes: ReadonlyMap<string, GraphNode>): readonly GraphNode[] {
  const found = new Map([[output.id, output]])
  for (const node of found.values()) {
    for (const value of Object.values(node.inputs)) {
      const source = nodes.get(linkOf(value)?.id ?? '')
      if (source !== undefined) found.set(source.id, source)
    }
  }
  return [...found.values()]
}

/** Looks at each output and all that it is made of: which are good, and what is wrong with the others. */
export function validate(
  graph: readonly GraphNode[],
  uploads: Uploads,
): { readonly good: readonly string[]; readonly faults: NodeFaults } {
  const scene = { nodes: new Map(graph.map((node) => [node.id, node])), uploads }
  const faults = new Map<string, { faults: readonly NodeFault[]; of: string[] }>()
  const outputs = graph.filter(({ spec }) => spec?.saves !== undefined)
  const good: string[] = []
  for (const output of outputs) {
    let isGood = true
    for (const node of upstreamOf(output, scene.nodes)) {
      const known = faults.get(node.id) ?? { faults: faultsOf(node, scene), of: [] }
      if (known.faults.length === 0) continue
      isGood = false
      known.of.push(output.id)
      faults.set(node.id, known)
    }
    if (isGood) good.push(output.id)
  }
  return { good, faults }
}
