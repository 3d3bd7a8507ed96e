import Box from '@cloudscape-design/components/box'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { z } from 'zod'
import type { RestoreReport } from '#core/contracts/restore.ts'
import { jobFacts as words } from '../../text/runs.ts'
import { sizeText } from '../size.ts'

/** What a restore proved, disk by disk. */
export const RestoreProof = ({ report }: { report: z.infer<typeof RestoreReport> }) => (
  <SpaceBetween size="s">
    <KeyValuePairs
      columns={3}
      items={[
        { label: words.restoredAs, value: `${report.newName} (${report.newVmUuid})` },
        { label: words.written, value: sizeText(report.bytesWritten) },
        { label: words.started, value: report.started ? words.started : words.notStarted },
      ]}
    />
    <Box variant="p">{words.proven}</Box>
    <ul>
      {report.disks.map(({ vdiUuid, userdevice, size, rootHash }) => (
        <li key={vdiUuid}>
          {words.diskOf(userdevice, sizeText(size))} <Box variant="code">{rootHash}</Box>
        </li>
      ))}
    </ul>
  </SpaceBetween>
)
