/** The seeded bugs of RELIABILITY 3.5 by name; each is one that somebody really shipped. */
import { type Mutant, replay, tests } from './mutant.ts';

export const SEEDED: readonly Mutant[] = [
  {
    bug: 'send before intent',
    edits: [
      {
        file: 'engine/shell/run-step.ts',
        from: `    if (!isLeftOpen) await ports.append(intentOf(step, digest, ports));
    const attempt: Attempt = isLeftOpen ? LEFT_OPEN : await attemptOnce(step, request, ports, onFirst);`,
        to: `    const attempt: Attempt = isLeftOpen ? LEFT_OPEN : await attemptOnce(step, request, ports, onFirst);
    if (!isLeftOpen) await ports.append(intentOf(step, digest, ports));`,
      },
    ],
    checks: [tests('shell/execute')],
  },
  {
    bug: 'send before intent',
    way: 'of a batch',
    edits: [
      {
        file: 'engine/shell/run-batch.ts',
        from: `  await ports.append(intentOf(batch, digestOf(known), ports));
  return attemptOnce(batch, fillRequest(known, { ids: ports.keeper.ids, secret: ports.secrets }), ports, onFirst);`,
        to: `  const attempt = await attemptOnce(batch, fillRequest(known, { ids: ports.keeper.ids, secret: ports.secrets }), ports, onFirst);
  await ports.append(intentOf(batch, digestOf(known), ports));
  return attempt;`,
      },
    ],
    checks: [tests('engine/batches')],
  },
  {
    bug: 'record before answer',
    edits: [
      {
        file: 'engine/shell/run-step.ts',
        from: `  outcomeOf,
  type StepEnd,`,
        to: `  outcomeOf,
  recordOf,
  type StepEnd,`,
      },
      {
        file: 'engine/shell/run-step.ts',
        from: 'await ports.append(intentOf(step, digest, ports));',
        to: 'await ports.append(intentOf(step, digest, ports), ...recordOf(step, {}, ports));',
      },
    ],
    checks: [tests('shell/execute')],
  },
  {
    bug: 'no fsync',
    edits: [{ file: 'engine/shell/durable.ts', from: '    await file.datasync();\n', to: '' }],
    checks: [tests('shell/durable')],
  },
  {
    bug: 'no fsync',
    way: 'of a folder after a rename',
    edits: [{ file: 'engine/shell/durable.ts', from: '    await folder.sync();\n', to: '' }],
    checks: [tests('shell/durable')],
  },
  {
    bug: 'fsync after rename only',
    edits: [
      {
        file: 'engine/shell/durable.ts',
        from: `      await file.sync();
    } finally {
      await file.close();
    }
    await beforeRename?.();
    await rename(temporary, path);`,
        to: `    } finally {
      await file.close();
    }
    await beforeRename?.();
    await rename(temporary, path);
    const renamed = await open(path, 'r+');
    await renamed.sync();
    await renamed.close();`,
      },
    ],
    checks: [tests('shell/durable')],
  },
  {
    bug: 'short write ignored',
    edits: [{ file: 'engine/shell/durable.ts', from: '    offset += bytesWritten;', to: '    offset = bytes.length;' }],
    checks: [tests('shell/journal')],
  },
  {
    bug: 'torn tail treated as fatal, or skipped in the middle',
    way: 'fatal',
    edits: [
      {
        file: 'engine/shell/journal.ts',
        from: '  return {\n    events,\n    genesis,',
        to: '  if (at < text.length) throw damaged(name, events.length);\n  return {\n    events,\n    genesis,',
      },
    ],
    checks: [tests('shell/journal', 'shell/state')],
  },
  {
    bug: 'torn tail treated as fatal, or skipped in the middle',
    way: 'skipped in the middle',
    edits: [
      {
        file: 'engine/shell/journal.ts',
        from: '    if (!isNext) throw damaged(name, events.length);',
        to: '    if (!isNext) {\n      at = end + 1;\n      continue;\n    }',
      },
    ],
    checks: [tests('shell/journal')],
  },
  {
    bug: 'serial not checked',
    edits: [
      {
        file: 'engine/core/refuse.ts',
        from: 'if (state?.lineage === plan.record?.lineage && state?.serial === plan.record?.serial) return null;',
        to: 'if (state?.lineage === plan.record?.lineage) return null;',
      },
    ],
    checks: [tests('shell/execute')],
  },
  {
    bug: '5xx = not done',
    edits: [
      {
        file: 'engine/shell/classify.ts',
        from: 'if (answer.status < 500 && isRefusal(refused.code, call.operation)) return',
        to: 'if (answer.status >= 500 || isRefusal(refused.code, call.operation)) return',
      },
    ],
    checks: [tests('shell/client')],
  },
  {
    bug: 'ECONNRESET = not sent',
    edits: [
      {
        file: 'engine/shell/exchange.ts',
        from: `settle(isHandedOver ? { end: 'lost', ...failure, status } : { end: 'not-sent', ...failure });`,
        to: `settle(isHandedOver && failure.code !== 'CONNECTION_LOST' ? { end: 'lost', ...failure, status } : { end: 'not-sent', ...failure });`,
      },
    ],
    checks: [tests('shell/client-loopback')],
  },
  {
    bug: 'timeout = failed',
    edits: [
      {
        file: 'engine/shell/client.ts',
        from: `          return { outcome: 'unknown', code: ended.code, message: ended.message, status: ended.status, requestId: null };`,
        to: `          return ended.code.endsWith('_TIMEOUT')
            ? { outcome: 'rejected', code: ended.code, message: ended.message, status: ended.status ?? 0, requestId: null }
            : { outcome: 'unknown', code: ended.code, message: ended.message, status: ended.status, requestId: null };`,
      },
    ],
    checks: [tests('shell/client-loopback')],
  },
  {
    bug: 'Success=false = not done for all codes',
    edits: [
      {
        file: 'engine/shell/classify.ts',
        from: `  if (success === false) return refusal(says(textOf(code) ?? 'SUCCESS_FALSE', message), answer, call);`,
        to: `  if (success === false) return { outcome: 'rejected', ...says(textOf(code) ?? 'SUCCESS_FALSE', message) };`,
      },
    ],
    checks: [tests('shell/client')],
  },
  {
    bug: 'already-exists = success unchecked',
    edits: [
      {
        file: 'engine/shell/run-step.ts',
        from: `    if (attempt.outcome !== 'unknown') return close(step, attempt, ports);`,
        to: `    if (attempt.outcome !== 'unknown') return close(step, attempt, ports);
    if (step.phase === 'create' && /(Exists?|Duplicated)$/.test(attempt.code ?? ''))
      return close(step, { ...attempt, outcome: 'done', given: {} }, ports);`,
      },
    ],
    checks: [tests('engine/taken-name')],
  },
  {
    bug: 'not-found on first read = gone',
    edits: [
      {
        file: 'engine/shell/doubt.ts',
        from: `one.verdict === 'done' && !one.isAbsence;`,
        to: `one.verdict === 'done';`,
      },
    ],
    checks: [tests('shell/execute')],
  },
  {
    bug: 'not-found on first read = gone',
    way: 'in a plan',
    edits: [
      {
        file: 'engine/shell/see-live.ts',
        from: `  if (missing.length === 0) return seen;
  once.forget(`,
        to: `  if (missing.length >= 0) return seen;
  once.forget(`,
      },
    ],
    checks: [replay('scenario=userGroups.0.delete lag=0 names=unique faults=2:hide')],
  },
  {
    bug: 'settle skipped',
    edits: [
      {
        file: 'engine/shell/doubt.ts',
        from: '    if (leftMs > 0) await nap(clock, leftMs + togetherMs(sinceMs), halt);\n',
        to: '',
      },
    ],
    checks: [tests('shell/execute')],
  },
  {
    bug: 'settle skipped',
    way: 'the first look is believed',
    edits: [
      {
        file: 'engine/shell/doubt.ts',
        from: '(isLate && one.verdict !== ',
        to: '(sentMs > 0 && one.verdict !== ',
      },
    ],
    checks: [tests('shell/execute')],
  },
  {
    bug: 'adopt by name only',
    edits: [
      {
        file: 'engine/shell/settler.ts',
        from: `    const isOurs = verdicts.size === 0 || (verdicts.size === 1 && verdicts.has('after'));`,
        to: '    const isOurs = true;',
      },
    ],
    checks: [tests('engine/taken-name')],
  },
  {
    bug: 'adopt first of several',
    edits: [
      {
        file: 'engine/shell/settler.ts',
        from: `  if (candidates.length > 1) return undecided('there are two candidates');\n`,
        to: '',
      },
    ],
    checks: [tests('engine/taken-name')],
  },
  {
    bug: 'adopt first of several',
    way: 'by a plan',
    edits: [
      {
        file: 'engine/core/changes.ts',
        from: 'const rivals = found.live !== null && matched.recorded === null ? namesakes.get(one.address) : undefined;',
        to: 'const rivals = found.live === null && matched.recorded === null ? namesakes.get(one.address) : undefined;',
      },
    ],
    checks: [tests('core/changes', 'engine/adopt')],
  },
  {
    bug: 'delete by name after re-creation',
    edits: [
      {
        file: 'engine/core/changes.ts',
        from: '    const live = byId.get(mainId(recorded.ids)) ?? null;\n    if (input.scope',
        to: '    const live = byId.get(mainId(recorded.ids)) ?? byAddress.get(address) ?? null;\n    if (input.scope',
      },
    ],
    checks: [tests('core/changes', 'golden/golden')],
  },
  {
    bug: 'pending intents ignored by `plan`',
    edits: [
      {
        file: 'engine/shell/online.ts',
        from: 'await untilToldApart(record.open, {',
        to: 'await untilToldApart([], {',
      },
    ],
    checks: [tests('engine/left-open')],
  },
  {
    bug: 'new write before resolving pending',
    edits: [{ file: 'engine/shell/execute.ts', from: 'openSince: leftOpen.since(step),', to: 'openSince: () => null,' }],
    checks: [tests('engine/resume')],
  },
  {
    bug: 'limiter per worker instead of per account',
    edits: [
      {
        file: 'engine/shell/session.ts',
        from: 'const pacer = createPacer({ quotas, share: budget.share, clock, random, ledger });',
        to: 'const pacer = createPacer({ quotas, share: budget.share, clock, random });',
      },
    ],
    checks: [tests('engine/resume')],
  },
  {
    bug: 'hint ignored',
    edits: [
      {
        file: 'engine/shell/pace.ts',
        from: `        retryAfterMs === null
          ? //`,
        to: `        retryAfterMs !== 0
          ? //`,
      },
    ],
    checks: [tests('shell/pace')],
  },
  {
    bug: 'day counter by local date',
    edits: [
      {
        file: 'engine/core/ledger.ts',
        from: '  const day = dayOf(atMs, ask.timezone);',
        to: '  const day = dayOf(atMs, Intl.DateTimeFormat().resolvedOptions().timeZone);',
      },
    ],
    checks: [tests('core/ledger')],
  },
  {
    bug: 'lock by PID',
    edits: [
      {
        file: 'engine/shell/holder.ts',
        from: `  if (holder.bootId !== (await facts.bootId())) return true;
  return (await facts.startedAt(holder.pid)) !== holder.startedAt;`,
        to: '  return (await facts.startedAt(holder.pid)) === null;',
      },
    ],
    checks: [tests('shell/lock')],
  },
  {
    bug: 'lease by wall clock',
    edits: [
      {
        file: 'engine/shell/holder.ts',
        from: '  if (holder.host !== facts.host) return false;\n  if (',
        to: '  if (Date.now() - Date.parse(holder.since) > 60_000) return true;\n  if (holder.host !== facts.host) return false;\n  if (',
      },
    ],
    checks: [tests('shell/lock')],
    note: 'our lock has no lease: here it gets one of a minute, and who sleeps longer is robbed of it',
  },
  {
    bug: 'second SIGINT skips the record',
    edits: [
      {
        file: 'engine/shell/attempt.ts',
        from: 'export const close = async (step: Step, attempt: Attempt, ports: StepPorts): Promise<StepEnd> => {\n',
        to: 'export const close = async (step: Step, attempt: Attempt, ports: StepPorts): Promise<StepEnd> => {\n  if (ports.halt.aborted) return endOf(attempt);\n',
      },
    ],
    checks: [tests('shell/execute')],
    note: 'the second signal ends the process and runs no code of ours; here a signal already makes it skip what was answered',
  },
  {
    bug: 'empty list = nothing exists',
    edits: [
      {
        file: 'engine/core/reads.ts',
        from: '    identities.length === total &&\n    new Set(identities).size === total',
        to: '    (identities.length === 0 || identities.length === total) &&\n    new Set(identities).size === identities.length',
      },
    ],
    checks: [tests('shell/reader')],
  },
  {
    bug: 'empty list = nothing exists',
    way: 'an answer without a count',
    edits: [
      {
        file: 'engine/shell/classify.ts',
        from: '    return `the answer has no count at ${facts.page.total}`;',
        to: '    return null;',
      },
    ],
    checks: [tests('shell/client')],
  },
  {
    bug: 'page error swallowed',
    edits: [
      {
        file: 'engine/shell/reader.ts',
        from: 'const answer = await attempt(read.operation, pageRequest(request, page, index + 2, read.pageSize), codes);',
        to: 'const answer = await attempt(read.operation, pageRequest(request, page, index + 2, read.pageSize), codes).catch(() => ({}));',
      },
      {
        file: 'engine/shell/reader.ts',
        from: 'bodies.map((body) => totalOf(body, page)),\n        rows.map(read.identity),',
        to: 'bodies.slice(0, 1).map(() => rows.length),\n        rows.map(read.identity),',
      },
    ],
    checks: [tests('shell/reader')],
  },
  {
    bug: 'redaction by path only',
    edits: [
      {
        file: 'engine/shell/message.ts',
        from: `  if (all.length > 0) text = text.replace(alternatives(all), '[hidden]');\n`,
        to: '',
      },
    ],
    checks: [tests('shell/client')],
  },
  {
    bug: 'cached read used for read-back',
    edits: [
      {
        file: 'engine/shell/remember.ts',
        from: 'if (there && isAsYoung(there, sinceMs)) return',
        to: 'if (there) return',
      },
    ],
    checks: [tests('shell/remember')],
  },
];
