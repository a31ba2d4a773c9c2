// Files of several sizes, read directly and through the page cache: on which side of which size direct reads win. A picture a figure, cold and warm.
import { groupBy, median, short } from '../figures.mjs';
import { legendRows } from '../theme.mjs';

const work = /^size-(\d+)([km])-(cold|warm)$/;

const figures = [
  ['cpu', 'CPU time by size of file', 'seconds per GiB, less is better, log scale', c => c.figures?.cpuSecondsPerGibibyte],
  ['throughput', 'Throughput by size of file', 'GB/s, more is better, log scale', c => c.figures?.gigabytesPerSecond],
  ['p99', 'p99 of a whole file by its size', 'ms, less is better, log scale', c => (c.latency ? c.latency.p99 / 1000 : undefined)],
];

export const isOfSize = cell => work.test(cell.work);

export function sizes(result, narrow) {
  if (result.kind !== 'files') return [];
  const cells = result.cells.filter(c => !c.refused && isOfSize(c));
  return [...groupBy(cells, c => c.work.match(work)[3])].flatMap(([state, of]) => figures.map(figure => picture(state, of, figure, narrow))).filter(Boolean);
}

const kibibytes = cell => { const [, count, unit] = cell.work.match(work); return count * (unit === 'm' ? 1024 : 1); };
const label = size => (size < 1024 ? `${size} KiB` : `${size / 1024} MiB`);

function picture(state, cells, [name, title, says, read], narrow) {
  const shown = cells.filter(c => read(c) > 0);
  if (shown.length === 0) return null;

  const axis = [...new Set(shown.map(kibibytes))].sort((a, b) => a - b);
  const servers = [...groupBy(shown, c => c.server)];
  const legend = 24 * legendRows(servers.map(([server]) => server), narrow ? 360 : 720);
  return {
    name: `size-${name}-${state}`,
    title: `${title}, ${state}`,
    says,
    height: 270 + legend,
    option: {
      grid: { left: narrow ? 44 : 60, right: 30, bottom: 36 + legend },
      legend: {},
      xAxis: { type: 'category', data: axis.map(label) },
      yAxis: { type: 'log', axisLabel: { formatter: short } },
      series: servers.map(([server, of]) => ({
        name: server,
        type: 'line',
        symbolSize: 7,
        lineStyle: { width: 2, type: server.includes('none') || server === 'static' ? 'dashed' : 'solid' },
        data: axis.map(size => median(of.filter(c => kibibytes(c) === size).map(read))),
      })),
    },
  };
}
