import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateMachinesOf, type Template } from './state-machines-of.ts'

// Part of `npm run synth`: keeps local/state-machines.json what the last synthesis made. A test compares the two.
const template = JSON.parse(
  readFileSync(join('cdk.out', 'XenkeepWorkflows.template.json'), 'utf8'),
) as Template
writeFileSync(
  join('local', 'state-machines.json'),
  `${JSON.stringify(stateMachinesOf(template), null, 2)}\n`,
)
