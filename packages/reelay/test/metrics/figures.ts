import assert from 'node:assert/strict'

export type Figure = { name: string; labels: Readonly<Record<string, string>>; value: number }

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** A scrape, read strictly: a line that is none of the format fails the test. */
export class Figures {
  readonly all: readonly Figure[]

  constructor(text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    this.all = lines.map((line) => {
      const match = LINE.exec(line)
      assert.ok(match !== null, `no line of Prometheus' format: ${line}`)
      const [, name = '', labels = '', value = ''] = match
      const pairs = [...labels.matchAll(LABEL)].map(([, label = '', content = '']) => [label, content])
      return { name, labels: Object.fromEntries(pairs), value: Number(value) }
    })
  }

  /** The figure of that name with at least these labels; undefined when there is none. */
  get(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.all.filter(
      (figure) =>
        figure.name === name &&
        Object.entries(labels).every(([label, value]) => figure.labels[label] === value),
    )
    assert.ok(found.length < 2, `several figures of ${name} with ${JSON.stringify(labels)}`)
    return found[0]?.value
  }

  /** All values of a label, over every figure that has it. */
  valuesOf(label: string): string[] {
    const values = this.all.flatMap(({ labels }) => labels[label] ?? [])
    return [...new Set(values)].toSorted()
  }
}
