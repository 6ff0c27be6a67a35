import { recordField } from '../../request.ts'
import { NODES, type NodeSpec } from './nodes.ts'

type Fields = Readonly<Record<string, unknown>>

/** A node of a graph in API format. */
export interface GraphNode {
  readonly id: string
  /** Null where the graph does not say it. */
  readonly className: string | null
  /** Null where it is not installed. */
  readonly spec: NodeSpec | null
  readonly inputs: Fields
  /** What the editor calls it. */
  readonly title: string | null
}

export interface Link {
  readonly id: string
  readonly slot: number
}

/** The node and the slot that an input takes its value from; null for a value of its own. */
export function linkOf(value: unknown): Link | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const [id, slot]: readonly unknown[] = value
  return typeof id === 'string' && typeof slot === 'number' ? { id, slot } : null
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The nodes of a body's graph, in their order. */
export function graphOf(fields: Fields): readonly GraphNode[] {
  const graph = recordField(fields, 'prompt')
  return Object.keys(graph).map((id) => {
    const node = recordField(graph, id)
    const className = textOrNull(node['class_type'])
    return {
      id,
      className,
      spec: className !== null && Object.hasOwn(NODES, className) ? (NODES[className] ?? null) : null,
      inputs: recordField(node, 'inputs'),
      title: textOrNull(recordField(node, '_meta')['title']),
    }
  })
}

/** The text that the video is made of: what is encoded and linked as negative nowhere. */
export function promptOf(nodes: readonly GraphNode[]): string {
  const negative = new Set(nodes.map(({ inputs }) => linkOf(inputs['negative'])?.id))
  const encoders = nodes.filter(({ inputs }) => typeof inputs['text'] === 'string')
  const positive = encoders.find(({ id }) => !negative.has(id)) ?? encoders[0]
  return textOrNull(positive?.inputs['text']) ?? ''
}

const MODEL_INPUTS = ['unet_name', 'ckpt_name']

/** The file of the model that the graph loads; empty where it loads none. */
export function modelOf(nodes: readonly GraphNode[]): string {
  const files = nodes.flatMap(({ inputs }) => MODEL_INPUTS.map((name) => textOrNull(inputs[name])))
  return files.find((file) => file !== null) ?? ''
}
