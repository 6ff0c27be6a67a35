export type FieldName =
  | 'model'
  | 'prompt'
  | 'seconds'
  | 'size'
  | 'resolution'
  | 'aspect_ratio'
  | 'input_reference'
  | 'first_frame'
  | 'last_frame'
  | 'video'
  | 'negative_prompt'
  | 'seed'
  | 'generate_audio'
  | 'callback_url'
  | 'metadata'
  | 'provider_options'
  | 'deadline'
  | 'normalize'
  | 'user'

/** Every field that a create knows, and the names that look-alike APIs have for it. The first is our own. */
const FIELD_NAMES: readonly (readonly [FieldName, ...string[]])[] = [
  ['model'],
  ['prompt'],
  ['seconds', 'duration', 'n_seconds'],
  ['size'],
  ['resolution', 'quality'],
  ['aspect_ratio', 'ratio'],
  [
    'input_reference',
    'input_references',
    'image',
    'image_url',
    'images',
    'image_urls',
    'image_reference',
    'frame_images',
  ],
  ['first_frame', 'first_image_url', 'first_frame_image', 'first_frame_url'],
  ['last_frame', 'last_image_url', 'last_frame_image', 'last_frame_url'],
  ['video', 'video_url', 'input_video', 'video_reference'],
  ['negative_prompt'],
  ['seed'],
  ['generate_audio', 'sound'],
  ['callback_url', 'webhook_url', 'callBackUrl', 'notify_hook'],
  ['metadata'],
  ['provider_options', 'extra_body', 'extra_params'],
  ['deadline'],
  ['normalize'],
  /** Accepted because clients of this API send it; means nothing here. */
  ['user'],
]

const FIELD_OF_NAME: ReadonlyMap<string, FieldName> = new Map(
  FIELD_NAMES.flatMap((names) => names.map((name): [string, FieldName] => [name, names[0]])),
)

export const fieldOf = (name: string): FieldName | undefined => FIELD_OF_NAME.get(name)

const NAME_LENGTH_MAX = 64

/** The known name with the fewest edits, for a message that helps with a typing error. */
export function nearestName(unknown: string): string {
  const given = unknown.slice(0, NAME_LENGTH_MAX).toLowerCase()
  const [nearest] = [...FIELD_OF_NAME.keys()]
    .map((name) => ({ name, distance: editDistance(given, name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
  return nearest?.name ?? 'prompt'
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
