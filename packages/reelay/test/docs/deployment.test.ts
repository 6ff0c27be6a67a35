import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { freePort } from '../../../simulator/test/free-port.ts'
import { loadConfig, type Config } from '../../src/config.ts'
import { OPERATION_ROUTES } from '../../src/http/routes.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import {
  instructions,
  read,
  readCompose,
  readResources,
  ROOT,
  variablesIn,
  type Deployment,
} from './container-files.ts'

const FILES = [
  'Dockerfile',
  'compose.yaml',
  '.env.example',
  'deploy/kubernetes/secret.yaml',
  'deploy/kubernetes/gateway.yaml',
  'deploy/kubernetes/api-and-workers.yaml',
]
/** As `docs/deployment.md` and the README say. */
const STOP_SECONDS = 10
const FILLED_IN = 'f'.repeat(64)
const PUBLIC_URL = 'https://videos.example.org'

const manifest = z.object({
  files: z.array(z.string()).default([]),
  private: z.boolean().optional(),
  workspaces: z.array(z.string()).default([]),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
})

const readManifest = async (folder: string): Promise<z.infer<typeof manifest>> =>
  manifest.parse(JSON.parse(await read(join(folder, 'package.json'))))

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}` of Compose, from `.env`; a dollar sign that stands twice is one. */
function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (all, name?: string, kind?: string, rest = '') => {
      if (name === undefined) return '$'
      const value = values[name] ?? ''
      if (value === '' && kind === '-') return rest
      assert.notEqual(value, '', `${all}: .env.example does not have it`)
      return value
    },
  )
}

/** `.env.example` as somebody fills it in. */
async function filledEnv(): Promise<Record<string, string>> {
  const values = variablesIn(await read('.env.example'))
  for (const [name, value] of Object.entries(values)) {
    assert.equal(value, '', `${name}: an example that works as it is would be used as it is`)
    values[name] = name === 'REELAY_PUBLIC_URL' ? PUBLIC_URL : FILLED_IN
  }
  return values
}

async function imageEnv(): Promise<Record<string, string>> {
  const lines = (await instructions()).filter(({ name }) => name === 'ENV').map(({ rest }) => rest)
  return variablesIn(lines.join('\n').replaceAll(/ +(?=[A-Z_]+=)/g, '\n'))
}

function assertShared(config: Config, role: Config['role']): void {
  assert.equal(config.role, role)
  assert.equal(config.database.kind, 'postgres')
  assert.equal(config.storage.kind, 's3')
  assert.equal(config.host, '0.0.0.0')
}

test('every setting in the files for containers is one that the gateway reads', async () => {
  const own = [...(await read('packages/reelay/src/config.ts')).matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)]
  const known = new Set([
    ...own.map(([, name]) => name),
    ...PROVIDER_KINDS.flatMap(({ settings }) => Object.keys(settings)),
  ])
  for (const path of FILES) {
    // Commented lines too: they are there to be used.
    const named = [
      ...(await read(path)).matchAll(/\b(REELAY_[A-Z_]+|[A-Z]+(?:_[A-Z]+)*_(?:KEY|TOKEN))(?==|: )/g),
    ]
    const unknown = named.flatMap(([, name]) => (known.has(name) ? [] : [name]))
    assert.deepEqual(unknown, [], path)
  }
})

test('every image has an exact tag, and the Node of the image is the one of the tests', async () => {
  const compose = Object.values((await readCompose()).services).map(({ image }) => image)
  const cluster = [...(await readResources('gateway.yaml')), ...(await readResources('api-and-workers.yaml'))]
    .filter((resource) => resource.kind === 'Deployment')
    .map((deployment) => deployment.spec.template.spec.containers[0].image)
  const node = /^ARG NODE_IMAGE=(.+)$/m.exec(await read('Dockerfile'))?.[1] ?? ''
  const images = [...compose, ...cluster, node]
  assert.ok(images.length > 8)
  for (const image of images) assert.match(image, /[^/]:[\w.-]*\d[\w.-]*\.\d+|:RELEASE\.\d{4}-/, image)
  const { devDependencies } = await readManifest('.')
  assert.equal(node, `node:${devDependencies['node']}-bookworm-slim`)
  for (const { name, rest } of await instructions())
    if (name === 'FROM') assert.match(rest, /^(\$\{NODE_IMAGE\}|manifests)( AS \w+)?$/)
})

test('the gateway takes the settings of compose.yaml', async () => {
  const { services, configs } = await readCompose()
  const env = await filledEnv()
  const roles = { 'gateway-1': 'all', 'gateway-2': 'all', worker: 'worker' } as const
  for (const [name, role] of Object.entries(roles)) {
    const service = services[name]
    assert.ok(service !== undefined, name)
    const own = Object.entries(service.environment).map(([key, value]) => [key, interpolate(value, env)])
    const config = loadConfig({ ...(await imageEnv()), ...env, ...Object.fromEntries(own) })
    assertShared(config, role)
    assert.equal(config.trustedProxies, 1)
    assert.ok(service.read_only)
    assert.ok(Number.parseInt(service.stop_grace_period ?? '', 10) > STOP_SECONDS)
    assert.equal(service.profiles === undefined, role === 'all')
  }
  const proxy = interpolate(configs.caddyfile.content, env)
  assert.ok(proxy.startsWith(`${PUBLIC_URL} {`))
  const upstreams = /reverse_proxy (.+) \{/.exec(proxy)?.[1]?.split(' ')
  assert.deepEqual(upstreams, ['gateway-1:7373', 'gateway-2:7373'])
})

/** A deployment and the secret that it names, as the gateway gets them. */
async function clusterConfig({ spec }: Deployment): Promise<Config> {
  const [secret] = await readResources('secret.yaml')
  assert.ok(secret?.kind === 'Secret')
  const { env, envFrom } = spec.template.spec.containers[0]
  assert.deepEqual(envFrom, [{ secretRef: { name: secret.metadata.name } }])
  const filled = Object.keys(secret.stringData).map((name) => {
    assert.equal(
      secret.stringData[name],
      '',
      `${name}: an example that works as it is would be used as it is`,
    )
    return [name, name === 'REELAY_DATABASE_URL' ? 'postgres://reelay:p@host:5432/reelay' : FILLED_IN]
  })
  const own = env.map(({ name, value }) => [name, value])
  return loadConfig({ ...(await imageEnv()), ...Object.fromEntries(filled), ...Object.fromEntries(own) })
}

async function assertDeployment(deployment: Deployment, role: Config['role']): Promise<void> {
  const config = await clusterConfig(deployment)
  assertShared(config, role)
  const { selector, template, replicas } = deployment.spec
  assert.ok(replicas > 1)
  assert.deepEqual(selector.matchLabels, template.metadata.labels)
  const { containers, terminationGracePeriodSeconds, volumes } = template.spec
  const [{ livenessProbe, readinessProbe, startupProbe, lifecycle, ports, volumeMounts }] = containers
  const leavingSeconds = Number(lifecycle?.preStop.exec.command[1] ?? 0)
  assert.ok(terminationGracePeriodSeconds >= leavingSeconds + STOP_SECONDS)
  assert.deepEqual(ports, [{ name: 'http', containerPort: config.port }])
  const paths = OPERATION_ROUTES.map(({ path }) => path)
  for (const { httpGet, timeoutSeconds } of [livenessProbe, readinessProbe, startupProbe]) {
    assert.ok(paths.includes(httpGet.path), httpGet.path)
    assert.equal(httpGet.port, 'http')
    // A storage that does not answer is waited for two seconds.
    assert.ok(timeoutSeconds > 2)
  }
  assert.equal(livenessProbe.httpGet.path, '/healthz')
  assert.equal(readinessProbe.httpGet.path, '/readyz')
  assert.deepEqual(volumeMounts, [{ name: volumes[0]?.name, mountPath: config.dataDir }])
}

test('the gateway takes the settings of the Kubernetes files, and their parts fit each other', async () => {
  const roles = { 'gateway.yaml': ['all'], 'api-and-workers.yaml': ['api', 'worker'] } as const
  for (const [name, expected] of Object.entries(roles)) {
    const resources = await readResources(name)
    const deployments = resources.filter((resource) => resource.kind === 'Deployment')
    assert.equal(deployments.length, expected.length)
    for (const [index, deployment] of deployments.entries())
      await assertDeployment(deployment, expected[index] ?? 'all')
    const pods = deployments.map(({ spec }) => spec.selector.matchLabels)
    const budgets = resources.filter((resource) => resource.kind === 'PodDisruptionBudget')
    assert.deepEqual(
      budgets.map(({ spec }) => spec.selector.matchLabels),
      pods,
    )
    const services = resources.filter((resource) => resource.kind === 'Service')
    assert.deepEqual(
      services.map(({ spec }) => spec.selector),
      [pods[0]],
    )
  }
})

test('the image has every file that the packages publish, and every manifest that npm wants', async () => {
  const copies = (await instructions()).filter(({ name }) => name === 'COPY').map(({ rest }) => rest)
  const targets = copies.map((rest) => rest.split(' ').at(-1)?.replace(/\/$/, ''))
  const { workspaces } = await readManifest('.')
  for (const folder of workspaces) {
    assert.ok(copies.includes(`${folder}/package.json ${folder}/`), `${folder}/package.json`)
    const { files } = await readManifest(folder)
    for (const file of files) assert.ok(targets.includes(`${folder}/${file}`), `${folder}/${file}`)
  }
  const sources = copies
    .filter((rest) => !rest.startsWith('--from='))
    .flatMap((rest) => rest.split(' ').slice(0, -1))
  const passed = (await read('.dockerignore'))
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
  for (const path of sources) {
    assert.ok(existsSync(join(ROOT, path)), path)
    assert.ok(
      passed.some((open) => path === open || path.startsWith(`${open}/`)),
      `${path} is not let through by .dockerignore`,
    )
  }
})

test('the image is built from every file that the packages take from outside of them', async () => {
  const copies = (await instructions())
    .filter(({ name }) => name === 'COPY')
    .map(({ rest }) => rest.split(' ')[0])
  const taken = new Set<string>()
  for await (const path of glob('packages/*/src/**/*.{ts,tsx}', { cwd: ROOT })) {
    if (path.endsWith('.test.ts')) continue
    for (const [, name = ''] of (await read(path)).matchAll(/from '(\.\.\/[^'?]+)/g)) {
      const target = relative(ROOT, resolve(ROOT, dirname(path), name))
      if (!target.startsWith('packages/')) taken.add(target)
    }
  }
  assert.deepEqual(
    [...taken].filter((path) => !copies.includes(path)),
    [],
  )
})

test('without the build argument the image has none of the packages of media', async () => {
  const runs = (await instructions()).filter(({ name }) => name === 'RUN').map(({ rest }) => rest)
  const removed = /0\) npm uninstall (.+?) ;;/.exec(runs.join('\n'))?.[1]?.split(/\s+/) ?? []
  const names = removed.slice(removed.indexOf('packages/reelay') + 1)
  const { optionalDependencies } = await readManifest('packages/reelay')
  const media = Object.keys(optionalDependencies).filter((name) => !name.startsWith('@opentelemetry/'))
  assert.deepEqual(names.toSorted(), media.toSorted())
  assert.ok(media.includes('node-av'))
})

const exitCode = (command: readonly string[], port: number): Promise<number> =>
  new Promise((done) => {
    const environment = { PATH: process.env['PATH'] ?? '', REELAY_PORT: String(port) }
    execFile(process.execPath, command.slice(1), { env: environment }, (error) => {
      done(error === null ? 0 : Number(error.code))
    })
  })

test('the health check of the image tells a gateway that answers from one that does not', async (context) => {
  const line = (await instructions()).find(({ name }) => name === 'HEALTHCHECK')?.rest ?? ''
  const command = z.array(z.string()).parse(JSON.parse(line.slice(line.indexOf('CMD') + 3)))
  assert.equal(command[0], 'node')
  let status = 200
  const asked: (string | undefined)[] = []
  const port = await freePort()
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(status).end()
  }).listen(port, '127.0.0.1')
  context.after(() => void (server.listening && server.close()))
  await once(server, 'listening')
  assert.equal(await exitCode(command, port), 0)
  status = 503
  assert.equal(await exitCode(command, port), 1)
  server.close()
  await once(server, 'close')
  assert.equal(await exitCode(command, port), 1)
  assert.deepEqual(asked, ['/healthz', '/healthz'])
})

test('signals reach the process of the image, which is not root', async () => {
  const found = await instructions()
  const last = (name: string): string => found.findLast((line) => line.name === name)?.rest ?? ''
  assert.match(last('USER'), /^[1-9]\d*:[1-9]\d*$/)
  for (const name of ['ENTRYPOINT', 'CMD']) assert.ok(Array.isArray(JSON.parse(last(name))), name)
  assert.equal(last('STOPSIGNAL'), 'SIGTERM')
  assert.equal(
    (await imageEnv())['REELAY_DATA_DIR'],
    z.array(z.string()).parse(JSON.parse(last('VOLUME')))[0],
  )
})
