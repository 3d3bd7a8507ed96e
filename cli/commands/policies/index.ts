import { newCommand, type Program } from '../../command.ts'
import {
  createPolicyCommand,
  duplicatePolicyCommand,
  editPolicyCommand,
  previewPolicyCommand,
} from './change.ts'
import { applyPoliciesCommand, exportPoliciesCommand } from './files.ts'
import { keptPointsCommand, occasionsCommand } from './history.ts'
import { disableCommand, enableCommand, pauseCommand, resumeCommand } from './pause.ts'
import {
  deletePolicyCommand,
  listPoliciesCommand,
  runPolicyCommand,
  showPolicyCommand,
} from './policies.ts'

/** `xenkeep policies …`: what is backed up by itself, how, when, and how long it is kept. */
export const policiesCommand = (program: Program) => {
  const policies = newCommand(
    'policies',
    'what is backed up by itself, when, and how long it is kept',
    [
      'xenkeep policies create Nightly --tag prod --cron "30 22 * * *" --zone Europe/Vienna \\\n      --keep daily=7,weekly=4,monthly=12',
      'xenkeep policies preview -f nightly.json   # what would run, be kept, and cost',
      'xenkeep policies list',
      'xenkeep policies run Nightly',
      'xenkeep policies export --all > policies.yaml',
      'xenkeep policies apply -f policies.yaml --dry-run',
      'xenkeep policies pause Nightly --until 2027-01-07T06:00',
    ],
  )
  for (const command of [
    listPoliciesCommand,
    showPolicyCommand,
    createPolicyCommand,
    editPolicyCommand,
    previewPolicyCommand,
    runPolicyCommand,
    pauseCommand,
    resumeCommand,
    enableCommand,
    disableCommand,
    deletePolicyCommand,
    duplicatePolicyCommand,
    keptPointsCommand,
    occasionsCommand,
    exportPoliciesCommand,
    applyPoliciesCommand,
  ])
    policies.addCommand(command(program))
  return policies
}
