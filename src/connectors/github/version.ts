/** Which of many tags is the highest version. @module */

const VERSION = /^\D{0,20}(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)$/;

/**
 * The highest version among tags such as `v1.10.0`; a prerelease comes before its release. Tags that are no versions
 * count only where there is no other: then the first of them.
 */
export function highestVersion(tags: readonly string[]): string | undefined {
  const versions = tags.flatMap((tag) => {
    const [, major, minor, patch, rest] = VERSION.exec(tag) ?? [];
    return major === undefined ? [] : [{ tag, order: [major, minor, patch ?? 0, rest === '' ? 1 : 0].map(Number) }];
  });
  const [highest] = versions.sort((a, b) => compare(b.order, a.order));
  return highest?.tag ?? tags.find((tag) => tag !== '');
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
