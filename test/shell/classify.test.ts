/** What an answer of rare forms is taken for: never for a success, and never for more than it says. */
import { describe, expect, it } from 'vitest';
import { operationFacts } from '../../engine/operations/index.ts';
import { classifyAnswer } from '../../engine/shell/classify.ts';

const of = (status: number, body: unknown, operation: 'UpdateUserGroup' | 'CheckDataSourceConnectivity' = 'UpdateUserGroup') =>
  classifyAnswer(
    { status, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body) },
    { operation, facts: operationFacts(operation), hidden: [] },
  );

describe('an answer', () => {
  it('that leads elsewhere is no success, whatever it says: the outcome is unknown', () => {
    expect(of(302, { Success: true, Code: 'OK' })).toMatchObject({
      outcome: 'unknown',
      code: 'HTTP_302',
      message: expect.stringContaining('redirects are not followed'),
    });
  });

  it('that does not say whether it is a success is unknown, unless it throttles', () => {
    expect(of(200, {})).toMatchObject({ outcome: 'unknown', code: 'ANSWER_WRONG_SHAPE' });
    expect(of(200, { Success: 'true', Code: 'Throttling.User' })).toMatchObject({ outcome: 'throttled' });
    expect(of(200, { Success: true, Code: 'DPN.Other' })).toMatchObject({ outcome: 'unknown', code: 'DPN.Other' });
    expect(of(200, { Success: true, Code: {} })).toMatchObject({ outcome: 'unknown' });
  });

  it('of a write that fails inside is no success: its own words, or which part it was', () => {
    const inner = (part: object) => of(200, { Success: true, Code: 'OK', UpdateResult: part });
    expect(inner({ Success: false, ErrorCode: 'E1', Message: 'm1' })).toMatchObject({
      outcome: 'unknown',
      code: 'E1',
      message: 'm1',
    });
    expect(inner({ Success: false, ErrorMessage: 'm2' })).toMatchObject({ code: 'INNER_FAILURE', message: 'm2' });
    expect(inner({ Success: false })).toMatchObject({ code: 'INNER_FAILURE', message: 'UpdateResult.Success is false' });
  });

  it('in XML tells its code and message, with what stands for other characters', () => {
    const xml = '<Error><Code>InvalidAccessKeyId</Code><Message>a &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;</Message></Error>';
    expect(of(403, xml)).toMatchObject({ code: 'InvalidAccessKeyId', message: 'a <b> & "c" \'d\'' });
    expect(of(502, '<html>bad gateway</html>')).toMatchObject({ outcome: 'unknown', code: 'HTTP_502' });
    expect(of(403, '<Error><Code>  </Code></Error>')).toMatchObject({ code: 'HTTP_403' });
  });
});
