type Key = readonly string[]

type QueryKeys = {
  session: Key
  models: Key
  /** Of all pages of the gallery, whatever they are filtered by. */
  videos: Key
  video(id: string): Key
  timeline(id: string): Key
  deliveries(id: string): Key
  providers: Key
  figures: Key
  endpoints: Key
  /** Of all pages of the project's deliveries, whatever they are filtered by. */
  allDeliveries: Key
  delivery(id: string): Key
  keys: Key
  projects: Key
  project(id: string): Key
}

/** Names of what is kept of the gateway's answers, in one place so that whoever changes something finds who shows it. */
export const queryKeys: QueryKeys = {
  session: ['session'],
  models: ['models'],
  videos: ['videos'],
  video: (id) => ['video', id],
  timeline: (id) => ['timeline', id],
  deliveries: (id) => ['deliveries', id],
  providers: ['providers'],
  figures: ['figures'],
  endpoints: ['endpoints'],
  allDeliveries: ['all-deliveries'],
  delivery: (id) => ['delivery', id],
  keys: ['keys'],
  projects: ['projects'],
  project: (id) => ['projects', id],
}
