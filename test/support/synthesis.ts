import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { buildApp, CONTEXT_KEY } from '#infra/build-app.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import type { Template as PlainTemplate } from '#infra/state-machines-of.ts'

const SUFFIX = /(\.nested)?\.template\.json$/

/** Without bundling the Lambdas, which takes most of the time and changes no template but for asset hashes. */
export const appOf = (context: unknown = sample) =>
  buildApp({ context: { 'aws:cdk:bundling-stacks': [], [CONTEXT_KEY]: context } })

/** @param context of the deployment; the sample, which has two regions, unless told */
export const synthesise = (context: unknown = sample) => {
  const assembly = appOf(context).synth()
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
    /** Of one region: the second one has nearly the same. */
    ofType: (type: string, site: 'primary' | 'standby' = 'primary') =>
      resources.filter(
        ({ Type, stack }) => Type === type && stack.includes('standby') === (site === 'standby'),
      ),
  }
}
