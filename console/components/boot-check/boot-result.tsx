import Box from '@cloudscape-design/components/box'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type BootCheckResult, isGoodBoot } from '#core/contracts/boot-check.ts'
import { proof as words } from '../../text/boot-checks.ts'
import { Sign } from '../sign.tsx'
import { Time } from '../time.tsx'

/** What a boot check, or a test failover, found out: all that is kept of it. */
export const BootResult = ({ result }: { result: BootCheckResult }) => {
  const { verdict, sentence, at, host, version, standby } = result
  return (
    <SpaceBetween size="m">
      <div>
        <Sign type={isGoodBoot(result) ? 'success' : 'error'}>{words.verdicts[verdict]}</Sign>
        <Box variant="p">{sentence}</Box>
      </div>
      <KeyValuePairs
        columns={3}
        minColumnWidth={220}
        items={[
          { label: words.at, value: <Time at={at} /> },
          { label: words.where, value: [host, version].filter(Boolean).join(', ') },
          ...(standby
            ? [{ label: words.standby, value: `${standby.name} (${standby.uuid})` }]
            : []),
          { label: words.tested, value: testedText(result) },
          { label: words.script, value: scriptText(result) },
          { label: words.guest, value: result.guestSaid ?? words.guestNotAsked },
        ]}
      />
    </SpaceBetween>
  )
}

const testedText = ({ runningAfterMs, toolsAfterMs }: BootCheckResult): string =>
  runningAfterMs === undefined
    ? words.noTools
    : `${words.running(secondsText(runningAfterMs))}; ${
        toolsAfterMs === undefined ? words.noTools : words.tools(secondsText(toolsAfterMs))
      }`

const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

const scriptText = ({ script }: BootCheckResult): string => {
  if (!script) return words.noScript
  const { name, exitCode, said } = script
  const ended = words.scriptSaid(name, exitCode === undefined ? words.noExit : words.exit(exitCode))
  return said === '' ? ended : `${ended}: ${said}`
}
