// Files: what each server reaches at each work, and what it costs.
import { median, short } from '../figures.mjs';
import { colours, legendRows } from '../theme.mjs';
import { isOfSize } from './sizes.mjs';

const figures = [
  ['throughput', 'Throughput', 'GB/s, more is better', c => c.figures?.gigabytesPerSecond],
  ['cpu', 'CPU time', 'seconds per GiB, less is better', c => c.figures?.cpuSecondsPerGibibyte],
  ['beside', 'p99 of /plaintext on the same server meanwhile', 'ms, less is better', c => c.figures?.besideP99Milliseconds],
  ['stalled', 'Memory of a stalled client', 'KiB, less is better', c => (Number.isFinite(c.memoryPerConnection) ? c.memoryPerConnection / 1024 : undefined)],
  ['cache', 'Page cache grown', 'MiB, less is better', c => c.figures?.pageCacheGrownMebibytes],
];

export function files(result, narrow) {
  if (result.kind !== 'files') return [];
  const cells = result.cells.filter(c => !c.refused && !isOfSize(c));
  return figures.map(([name, title, unit, read]) => picture(name, title, unit, read, cells, narrow)).filter(Boolean);
}

function picture(name, title, unit, read, cells, narrow) {
  const shown = cells.filter(c => Number.isFinite(read(c)));
  if (shown.length === 0) return null;
  const works = [...new Set(shown.map(c => c.work))];
  const servers = [...new Set(shown.map(c => c.server))].reverse();
  const legend = 24 * legendRows(works, narrow ? 360 : 720);
  return {
    name,
    title,
    says: unit,
    height: 76 + legend + servers.length * (works.length * 13 + 12),
    option: {
      grid: { left: narrow ? 150 : 190, right: narrow ? 46 : 70, bottom: 36 + legend },
      legend: { data: works },
      xAxis: { type: 'value', splitNumber: narrow ? 3 : 5, axisLabel: { formatter: short } },
      yAxis: { type: 'category', data: servers },
      series: works.map((work, i) => ({
        name: work,
        type: 'bar',
        color: colours[i % colours.length],
        label: { show: true, position: 'right', fontSize: 10, formatter: p => (p.value === null || p.value === undefined ? '' : short(p.value)) },
        data: servers.map(server => median(shown.filter(c => c.work === work && c.server === server).map(read))),
      })),
    },
  };
}
