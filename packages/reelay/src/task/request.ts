/** An input file of a task, in the order in which the client sent it. Its bytes are in `Files` before the task exists. */
export type TaskInput = {
  role: 'reference' | 'first_frame' | 'last_frame' | 'video'
  /** Key in `Files`. */
  storageKey: string
  mime: string
  bytes: number
  sha256: string
}

/** What the client asked for, after decoding and normalising: the same for multipart, JSON and urlencoded bodies. */
export type VideoRequest = {
  /** The model as the client named it: an alias, a bare name, or `provider/model`. */
  model: string
  prompt: string
  /** Decimal text, as on the wire; null when the client left it to the model. */
  seconds: string | null
  /** `WIDTHxHEIGHT`, or null. */
  size: string | null
  /** For instance `720p`, lower case, or null. */
  resolution: string | null
  /** For instance `16:9`, or null. */
  aspectRatio: string | null
  negativePrompt: string | null
  seed: number | null
  generateAudio: boolean | null
  inputs: readonly TaskInput[]
  /** Passed to the provider after its adapter's closed schema let it through. */
  providerOptions: Readonly<Record<string, unknown>>
}

/** One way to serve a request: the candidates are tried in order, each only before anything was accepted. */
export type Candidate = {
  /** Adapter and configured account, for instance `cometapi` or `cometapi:eu`. */
  account: string
  /** The model's name at that provider. */
  model: string
}
