import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, type Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { buildApp, CONTEXT_KEY } from '#infra/build-app.ts'
import { readContext } from '#infra/context/read-context.ts'
import type { Deployment } from '#infra/deployment.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import type { Template as PlainTemplate } from '#infra/state-machines-of.ts'

const SUFFIX = /(\.nested)?\.template\.json$/

/** Neither bundles Lambdas nor copies assets, which takes most of the time and changes no template but for asset hashes. */
export const FAST = { 'aws:cdk:bundling-stacks': [], 'aws:cdk:disable-asset-staging': true }

export const appOf = (context: unknown = sample): App =>
  buildApp({ context: { ...FAST, [CONTEXT_KEY]: context } })

/** All stacks of the sample, which has two regions: synthesised once for all tests of a process, with cdk-nag. */
export const synthesise = () => {
  synthesised ??= synthesiseSample()
  return synthesised
}
let synthesised: ReturnType<typeof synthesiseSample> | undefined

/** One stack by itself, of another context than the sample's; without cdk-nag. */
export const alone = (
  context: unknown,
  make: (app: App, deployment: Deployment) => Stack,
  site: Deployment['site'] = 'primary',
): { json: PlainTemplate; template: Template } => {
  const read = readContext(context)
  const app = new App({ context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...FAST } })
  const region = site === 'standby' ? read.standbyRegion : read.region
  const { stackName } = make(app, { context: read, site, region: region ?? read.region })
  const json = app.synth().getStackByName(stackName).template as PlainTemplate
  return { json, template: Template.fromJSON(json) }
}

const synthesiseSample = () => {
  const assembly = appOf().synth()
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
