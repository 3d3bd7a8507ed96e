import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from './build-app.ts'
import { stateMachinesOf, type Template } from './state-machines-of.ts'

// Part of `npm run synth`: keeps local/state-machines.json what the synthesis makes. A test compares the two. Bundles of the
// functions change nothing of it.
const assembly = buildApp({ context: { 'aws:cdk:bundling-stacks': [] } }).synth()
const template = assembly.getStackByName('XenkeepWorkflows').template as Template
writeFileSync(
  join('local', 'state-machines.json'),
  `${JSON.stringify(stateMachinesOf(template), null, 2)}\n`,
)
