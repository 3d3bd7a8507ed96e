import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { buildApp } from '#infra/build-app.ts'
import type { Template as PlainTemplate } from '#infra/state-machines-of.ts'

const SUFFIX = /(\.nested)?\.template\.json$/

/** Synthesises without bundling the Lambdas, which takes most of the time and changes no template but for asset hashes. */
export const synthesise = (context: Record<string, unknown> = {}) => {
  const assembly = buildApp({ context: { 'aws:cdk:bundling-stacks': [], ...context } }).synth()
  /** By stack name, nested stacks by that of their parent, their own and a hash. */
  const templates: Record<string, PlainTemplate> = Object.fromEntries(
    readdirSync(assembly.directory)
      .filter(file => SUFFIX.test(file))
      .map(file => [
        file.replace(SUFFIX, ''),
        JSON.parse(readFileSync(join(assembly.directory, file), 'utf8')),
      ]),
  )
  /** Of all stacks, each with the name of its stack. */
  const resources = Object.entries(templates).flatMap(([stack, { Resources = {} }]) =>
    Object.entries(Resources).map(([id, resource]) => ({ stack, id, ...resource })),
  )
  const plain = (stack: string): PlainTemplate => {
    const found = templates[stack]
    if (!found) throw new Error(`No stack ${stack}; there are ${Object.keys(templates).join(', ')}`)
    return found
  }
  return {
    assembly,
    templates,
    resources,
    plain,
    template: (stack: string) => Template.fromJSON(plain(stack)),
    ofType: (type: string) => resources.filter(({ Type }) => Type === type),
  }
}
