import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp, CONTEXT_KEY } from './build-app.ts'
import sample from './sample.context.json' with { type: 'json' }
import { stateMachinesOf, type Template } from './state-machines-of.ts'

// Part of `npm run synth`: keeps local/state-machines.json what the synthesis makes with inline Maps, the only ones that the
// interpreter of one machine knows. A test compares the two. Bundles of the functions change nothing of it.
const inline = { ...sample, machines: { distributedMap: false } }
const assembly = buildApp({
  context: { 'aws:cdk:bundling-stacks': [], [CONTEXT_KEY]: inline },
}).synth()
const template = assembly.getStackByName('xenkeep-workflows').template as Template
writeFileSync(
  join('local', 'state-machines.json'),
  `${JSON.stringify(stateMachinesOf(template), null, 2)}\n`,
)
