import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'

export const ROOT: string = fileURLToPath(new URL('../../../../', import.meta.url))

export const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

type Texts = Record<string, string>

export type Compose = {
  services: Record<
    string,
    {
      image: string
      environment: Texts
      profiles?: string[] | undefined
      stop_grace_period?: string | undefined
      read_only?: boolean | undefined
    }
  >
  configs: { caddyfile: { content: string } }
}

type Probe = { httpGet: { path: string; port: string }; timeoutSeconds: number }

type Container = {
  image: string
  ports: { name: string; containerPort: number }[]
  env: { name: string; value: string }[]
  envFrom: { secretRef: { name: string } }[]
  livenessProbe: Probe
  readinessProbe: Probe
  startupProbe: Probe
  lifecycle?: { preStop: { exec: { command: ['sleep', string] } } } | undefined
  securityContext: { readOnlyRootFilesystem: true }
  volumeMounts: { name: string; mountPath: string }[]
}

type Labels = { matchLabels: Texts }

export type Deployment = {
  kind: 'Deployment'
  spec: {
    replicas: number
    selector: Labels
    template: {
      metadata: { labels: Texts }
      spec: {
        terminationGracePeriodSeconds: number
        enableServiceLinks: false
        containers: [Container]
        volumes: { name: string }[]
      }
    }
  }
}

export type Resource =
  | Deployment
  | { kind: 'PodDisruptionBudget'; spec: { selector: Labels } }
  | { kind: 'Service'; spec: { selector: Texts; ports: { targetPort: string }[] } }
  | { kind: 'Secret'; metadata: { name: string }; stringData: Texts }

const texts = z.record(z.string(), z.string())
const labels = z.object({ matchLabels: texts })

const composeSchema: z.ZodType<Compose> = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      environment: texts.default({}),
      profiles: z.array(z.string()).optional(),
      stop_grace_period: z.string().optional(),
      read_only: z.boolean().optional(),
    }),
  ),
  configs: z.object({ caddyfile: z.object({ content: z.string() }) }),
})

const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  timeoutSeconds: z.number(),
})

const sleep = z.tuple([z.literal('sleep'), z.string()])

const container = z.object({
  image: z.string(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  envFrom: z.array(z.object({ secretRef: z.object({ name: z.string() }) })),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: z.object({ preStop: z.object({ exec: z.object({ command: sleep }) }) }).optional(),
  securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
})

const podSpec = z.object({
  terminationGracePeriodSeconds: z.number(),
  enableServiceLinks: z.literal(false),
  containers: z.tuple([container]),
  volumes: z.array(z.object({ name: z.string() })),
})

const resourceSchema: z.ZodType<Resource> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('Deployment'),
    spec: z.object({
      replicas: z.number(),
      selector: labels,
      template: z.object({ metadata: z.object({ labels: texts }), spec: podSpec }),
    }),
  }),
  z.object({ kind: z.literal('PodDisruptionBudget'), spec: z.object({ selector: labels }) }),
  z.object({
    kind: z.literal('Service'),
    spec: z.object({ selector: texts, ports: z.array(z.object({ targetPort: z.string() })) }),
  }),
  z.object({
    kind: z.literal('Secret'),
    metadata: z.object({ name: z.string() }),
    stringData: texts,
  }),
])

export async function readCompose(): Promise<Compose> {
  return composeSchema.parse(parse(await read('compose.yaml'), { merge: true }))
}

/** What a file of `deploy/kubernetes` holds. */
export async function readResources(name: string): Promise<Resource[]> {
  const documents = parseAllDocuments(await read(`deploy/kubernetes/${name}`))
  return documents.map((document) => resourceSchema.parse(document.toJS()))
}

/** Lines `NAME=value` as they stand; those that begin with `#` are left out. */
export const variablesIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )

/** The instructions of the Dockerfile, each with what follows it. */
export async function instructions(): Promise<{ name: string; rest: string }[]> {
  const joined = (await read('Dockerfile')).replace(/^#.*\n/gm, '').replace(/\\\n/g, ' ')
  return [...joined.matchAll(/^([A-Z]+) +(.+)$/gm)].map(([, name = '', rest = '']) => ({
    name,
    rest: rest.trim(),
  }))
}
