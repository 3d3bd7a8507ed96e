import { Template } from 'aws-cdk-lib/assertions'
import { buildApp } from '#infra/build-app.ts'
import type { Template as PlainTemplate } from '#infra/state-machines-of.ts'

/** Synthesises without bundling the Lambdas, which takes most of the time and changes no template but for asset hashes. */
export const synthesise = (context: Record<string, unknown> = {}) => {
  const app = buildApp({ context: { 'aws:cdk:bundling-stacks': [], ...context } })
  const stack = app.node.findChild('XenkeepControlPlane')
  const assembly = app.synth()
  const json = assembly.getStackByName(stack.node.id).template as PlainTemplate
  return { json, template: Template.fromJSON(json), assembly }
}
